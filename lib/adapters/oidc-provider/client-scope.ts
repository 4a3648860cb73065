import type { ClientLike } from './oidc-provider.types.js';

/** A text in which there is no scope; the provider takes an empty one for none, which restricts nothing there. */
const NO_SCOPE = ' ';

/**
 * Restricts clients without a scope to no scope: the provider would let them ask for every one. The clients of its own configuration, which alone
 * have `noManage`, go on as before.
 */
export function restrictWithoutScope(prototype: ClientLike): void {
  Object.defineProperty(prototype, 'scope', {
    configurable: true,
    get(this: ClientLike) {
      return this.noManage === true ? undefined : NO_SCOPE;
    },
    set(this: ClientLike, scope: unknown) {
      Object.defineProperty(this, 'scope', { value: scope, configurable: true, enumerable: true, writable: true });
    },
  });
}
