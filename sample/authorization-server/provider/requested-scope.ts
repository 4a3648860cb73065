import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from './oidc-provider.package.js';

/**
 * An authorization request that names no scope is for all that its client may have (RFC 6749 section 3.3), without `offline_access`, which is to be
 * asked for (OpenID Connect Core section 11).
 * @throws CustomOIDCProviderError `invalid_scope` where nothing of what is requested can be given: there would be nothing to ask the person
 */
export function requestedScope(ctx: KoaContextWithOIDC, requested: string | undefined, { scope }: Client): void {
  const allowed = wordsOf(scope);
  const asked = requested === undefined ? allowed.filter((word) => word !== 'offline_access') : wordsOf(requested);
  if (!asked.some((word) => allowed.includes(word))) {
    throw new errors.CustomOIDCProviderError('invalid_scope', 'the client may have no scope that is requested');
  }
  if (ctx.oidc.params) ctx.oidc.params['scope'] = asked.join(' ');
}

function wordsOf(scope: string | undefined): string[] {
  return (scope ?? '').split(' ').filter(Boolean);
}
