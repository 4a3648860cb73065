/** What the claims of a statement are compared with. */
export interface ExpectedClaims {
  /** One of them is in `aud`. */
  readonly audiences: readonly string[];
  /** Whether `aud` must be there. */
  readonly needsAudience: boolean;
  readonly maximumAgeSeconds?: number | undefined;
  readonly requireJti?: boolean | undefined;
}

type Claims = Readonly<Record<string, unknown>>;

/** How far the clocks of issuer and server may differ. */
const CLOCK_TOLERANCE_SECONDS = 60;

/**
 * What is wrong with the claims of a signed statement (RFC 7519 section 4.1): age, a required `aud` and a `jti` are asked for where the
 * configuration of the issuer says so.
 * @param now in seconds since the epoch
 * @returns the rule that is violated, or undefined
 */
export function claimsViolation(claims: Claims, expected: ExpectedClaims, now: number): string | undefined {
  return timeViolation(claims, expected, now) ?? audienceViolation(claims, expected) ?? useViolation(claims, expected);
}

/** Until when a statement that may be used once could be used again, in seconds since the epoch. */
export function rememberedUntil(claims: Claims, maximumAgeSeconds = Infinity): number {
  const ends = [Number(claims['exp'] ?? Infinity), Number(claims['iat'] ?? Infinity) + maximumAgeSeconds];
  return Math.min(Math.ceil(Math.min(...ends)) + CLOCK_TOLERANCE_SECONDS, Number.MAX_SAFE_INTEGER);
}

function timeViolation(claims: Claims, { maximumAgeSeconds }: ExpectedClaims, now: number): string | undefined {
  for (const name of ['exp', 'nbf', 'iat']) {
    if (Object.hasOwn(claims, name) && !isNumericDate(claims[name]))
      return `must have seconds since the epoch in ${name}`;
  }
  const [exp, nbf, iat] = ['exp', 'nbf', 'iat'].map((name) => claims[name] as number | undefined);
  if (exp !== undefined && exp <= now - CLOCK_TOLERANCE_SECONDS) return 'must not have expired';
  if (nbf !== undefined && nbf > now + CLOCK_TOLERANCE_SECONDS) return 'must be valid already';
  if (iat !== undefined && iat > now + CLOCK_TOLERANCE_SECONDS) return 'must not be issued in the future';
  if (maximumAgeSeconds === undefined) return undefined;
  if (iat === undefined) return 'must say when it was issued in iat';
  return now - iat > maximumAgeSeconds ? `must not be older than ${maximumAgeSeconds} seconds` : undefined;
}

/** RFC 7519 section 4.1.3: a statement for somebody else is none for this server. */
function audienceViolation({ aud }: Claims, { audiences, needsAudience }: ExpectedClaims): string | undefined {
  if (aud === undefined && !needsAudience) return undefined;
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return named.some((one) => audiences.includes(String(one))) && named.every((one) => typeof one === 'string')
    ? undefined
    : 'must be for this server by its aud';
}

function useViolation(claims: Claims, { requireJti = false, maximumAgeSeconds }: ExpectedClaims): string | undefined {
  if (!requireJti) return undefined;
  const { jti, exp } = claims;
  if (typeof jti !== 'string' || jti === '') return 'must have an identifier in jti';
  // What never ends could be remembered forever at best.
  return exp === undefined && maximumAgeSeconds === undefined ? 'must say when it expires in exp' : undefined;
}

function isNumericDate(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}
