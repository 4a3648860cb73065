/** What the provider keeps of a consent, as far as it is about scopes. */
interface Consented {
  readonly openid?: { readonly scope?: string };
  readonly resources?: Readonly<Record<string, string>>;
}

/** A consent, without what the client may not have any more. */
export function narrowedConsent<Payload extends object>(payload: Payload, scope: string | null): Payload {
  const allowed = (scope ?? '').split(' ');
  const narrowed = (granted = '') => {
    const kept = granted.split(' ').filter((word) => allowed.includes(word));
    return kept.join(' ');
  };
  const { openid, resources = {} } = payload as Consented;
  return {
    ...payload,
    ...(openid && { openid: { ...openid, scope: narrowed(openid.scope) } }),
    resources: Object.fromEntries(
      Object.entries(resources).map(([resource, granted]) => [resource, narrowed(granted)]),
    ),
  };
}
