import type { AdapterLike } from './oidc-provider.types.js';

/** Clients are written by this module alone; the provider never does so without `features.registration`. */
export function readOnlyAdapter(find: AdapterLike['find']): AdapterLike {
  const refuse = async () => {
    throw new Error('clients are kept by the module of dynamic registration');
  };
  return {
    find,
    findByUid: refuse,
    findByUserCode: refuse,
    upsert: refuse,
    consume: refuse,
    destroy: refuse,
    revokeByGrantId: refuse,
  };
}
