import { isAboutHeldClient } from './provider-answer.js';
import type { ProviderLike } from './oidc-provider.types.js';

/** Models of tokens that the provider takes from somebody else than their client, and may not look the client up then. */
const TOKENS = ['AccessToken', 'ClientCredentials', 'RefreshToken'];

/** Whether its tokens are worth something only as long as their client is. */
export function isOfTokens(model: string): boolean {
  return TOKENS.includes(model);
}

/** The same adapter, which finds no token of a client that is held or not known any more. */
export function tokenAdapter<Adapter extends object>(adapter: Adapter, provider: () => ProviderLike): Adapter {
  return new Proxy(adapter, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...given: unknown[]) => {
        const answered: unknown = await Reflect.apply(member, target, given);
        return name === 'find' && !(await hasClient(provider(), answered)) ? undefined : answered;
      };
    },
  });
}

/** As the provider itself finds clients, those of its own configuration included. */
async function hasClient({ Client }: ProviderLike, token: unknown): Promise<boolean> {
  const clientId: unknown = Object(token).clientId;
  if (typeof clientId !== 'string') return true;
  try {
    return (await Client.find(clientId)) !== undefined;
  } catch (error) {
    if (isAboutHeldClient(error)) return false;
    throw error;
  }
}
