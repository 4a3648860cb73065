/** What the provider keeps of a consent, as far as it is about scopes. */
interface Consented {
  readonly openid?: { readonly scope?: string };
  readonly resources?: Readonly<Record<string, string>>;
}

/** A consent, without what the client may not have any more. */
export function narrowedConsent<Payload extends object>(payload: Payload, allowed: string | null): Payload {
  const { openid, resources = {} } = payload as Consented;
  return {
    ...payload,
    ...(openid && { openid: { ...openid, scope: narrowedScope(openid.scope, allowed) } }),
    resources: Object.fromEntries(
      Object.entries(resources).map(([resource, granted]) => [resource, narrowedScope(granted, allowed)]),
    ),
  };
}

/** A granted scope, without what the client may not have any more. */
export function narrowedScope(granted: string | undefined, allowed: string | null): string {
  const words = (allowed ?? '').split(' ');
  const kept = (granted ?? '').split(' ').filter((word) => words.includes(word));
  return kept.join(' ');
}
