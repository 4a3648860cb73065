/** The values of `use` (RFC 7517 section 4.2). */
export type KeyUse = 'sig' | 'enc';

/** A registered algorithm for signatures or for the encryption of keys. */
export interface Algorithm {
  readonly use: KeyUse;
  /** The kinds of public keys it takes: `RSA`, or a curve. None for one whose keys are secret, or not supported here. */
  readonly keys: readonly string[];
}

/** What an algorithm is for; undefined for a name that is not registered. */
export function algorithmOf(name: unknown): Algorithm | undefined {
  return ALGORITHMS.get(name);
}

/** Whether the key of an algorithm is the client secret, or made of it (OpenID Connect Core sections 10.1 and 10.2). */
export function isSymmetric(name: string): boolean {
  return SYMMETRIC.has(name);
}

const SYMMETRIC: ReadonlySet<string> = new Set(
  'HS256 HS384 HS512 dir A128KW A192KW A256KW A128GCMKW A192GCMKW A256GCMKW'.split(' '),
);

const ECDH = ['P-256', 'P-384', 'P-521', 'X25519'];
const algorithms = (use: KeyUse, keys: string[], ...names: string[]) =>
  names.map((name) => [name, { use, keys }] as const);

/** RFC 7518 sections 3.1 and 4.1, RFC 8037 section 3.1, RFC 9864 section 2.2. */
const ALGORITHMS: ReadonlyMap<unknown, Algorithm> = new Map<unknown, Algorithm>([
  ...algorithms('sig', ['RSA'], 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'),
  ...algorithms('sig', ['P-256'], 'ES256'),
  ...algorithms('sig', ['P-384'], 'ES384'),
  ...algorithms('sig', ['P-521'], 'ES512'),
  ...algorithms('sig', ['Ed25519'], 'EdDSA', 'Ed25519'),
  ...algorithms('sig', [], 'HS256', 'HS384', 'HS512', 'ES256K', 'Ed448'),
  ...algorithms('enc', ['RSA'], 'RSA1_5', 'RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'),
  ...algorithms('enc', ECDH, 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'),
  ...algorithms('enc', [], 'dir', 'A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW'),
  ...algorithms('enc', [], 'PBES2-HS256+A128KW', 'PBES2-HS384+A192KW', 'PBES2-HS512+A256KW'),
]);

const named = (test: (algorithm: Algorithm, name: string) => boolean): readonly string[] =>
  [...ALGORITHMS].flatMap(([name, algorithm]) => (test(algorithm, String(name)) ? [String(name)] : []));

/** The JWS algorithms some public key can serve. */
export const SIGNATURE_ALGORITHMS = named(({ use, keys }) => use === 'sig' && keys.length > 0);

/** All JWS algorithms a client can register, those with the client secret included. */
export const JWS_ALGORITHMS = named((algorithm, name) => algorithm.use === 'sig' && isUsable(algorithm, name));

/** All JWE algorithms for the key that a client can register, those with the client secret included. */
export const JWE_ALGORITHMS = named((algorithm, name) => algorithm.use === 'enc' && isUsable(algorithm, name));

/** JWE algorithms for the content (RFC 7518 section 5.1). */
export const CONTENT_ENCRYPTION_ALGORITHMS: readonly string[] = [
  'A128CBC-HS256',
  'A192CBC-HS384',
  'A256CBC-HS512',
  'A128GCM',
  'A192GCM',
  'A256GCM',
];

function isUsable({ keys }: Algorithm, name: string): boolean {
  return keys.length > 0 || isSymmetric(name);
}
