import type { JWK, JSONWebKeySet } from 'jose';
import type { RegistrationCircumstances } from '../client-registration/registration.policy.js';

/** Who states something about software, and what its statements must be like (RFC 7591 section 2.3). */
export interface SoftwareStatementIssuer {
  /** The `iss` of its statements, compared exactly. */
  readonly issuer: string;
  /** Its public keys; this or `jwksUri`. */
  readonly jwks?: JSONWebKeySet;
  /** The https URL of its public keys; this or `jwks`. */
  readonly jwksUri?: string;
  /** Algorithms it signs with, those of public keys alone. @default ['RS256', 'PS256', 'ES256', 'EdDSA'] */
  readonly algorithms?: readonly string[];
  /** What `aud` must be there for. @default no `aud` is needed, and one that is there names this issuer or the registration endpoint */
  readonly audience?: string;
  /** How old a statement may be by its `iat`, in seconds. @default any age */
  readonly maximumAgeSeconds?: number;
  /** Whether a statement has a `jti` and registers one client. Without `maximumAgeSeconds` it needs an `exp` too. @default false */
  readonly requireJti?: boolean;
  /** Whether an update carries a statement too, the same one or another one (RFC 7592 section 2.2). @default false */
  readonly requiredOnUpdate?: boolean;
  /** Claims with names of their own, and the metadata fields they are: `{ software_redirect_uris: 'redirect_uris' }`. @default {} */
  readonly claims?: Readonly<Record<string, string>>;
}

/**
 * The keys of an issuer that is not configured. Header and claims are not verified yet: look the keys up by them, and believe nothing.
 * @param context who registers; keys may be those of `context.owner`
 * @returns a public JWK, a JWK Set of public keys, or undefined for an issuer that is not accepted. Anything else is a server error
 */
export type ResolveStatementKey = (
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
  context: RegistrationCircumstances,
) => JWK | JSONWebKeySet | undefined | Promise<JWK | JSONWebKeySet | undefined>;

/** Whether software statements are read, and whose (RFC 7591 sections 2.3 and 3.1.1). */
export interface SoftwareStatementOptions {
  /**
   * `ignored`: judged by its form and neither stored nor returned. `required`: clients need one that register or update themselves, or are known by a
   * document; those added by hand do not.
   * @default 'ignored'
   */
  readonly mode?: 'ignored' | 'optional' | 'required';
  /** Whose statements are accepted. @default [] */
  readonly issuers?: readonly SoftwareStatementIssuer[];
  /** Finds the keys of issuers that are not listed. @default their statements are refused */
  readonly resolveKey?: ResolveStatementKey;
}

/** Algorithms of public keys that statements are signed with (RFC 7591 section 2.3; PS256 and ES256 are those of finance). */
export const DEFAULT_STATEMENT_ALGORITHMS: readonly string[] = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** The option with every default applied. */
export interface SoftwareStatementSettings {
  readonly mode: NonNullable<SoftwareStatementOptions['mode']>;
  /** By their `iss`. */
  readonly issuers: ReadonlyMap<string, SoftwareStatementIssuer>;
  readonly resolveKey: ResolveStatementKey | undefined;
}

/** Applies the defaults. */
export function softwareStatementSettings({
  mode = 'ignored',
  issuers = [],
  resolveKey,
}: SoftwareStatementOptions = {}): SoftwareStatementSettings {
  return { mode, issuers: new Map(issuers.map((one) => [one.issuer, one])), resolveKey };
}
