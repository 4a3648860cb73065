import { describe, expect, it } from 'vitest';
import {
  algorithmOf,
  CONTENT_ENCRYPTION_ALGORITHMS,
  isSymmetric,
  JWE_ALGORITHMS,
  JWS_ALGORITHMS,
  SIGNATURE_ALGORITHMS,
} from '../../lib/client-metadata/jose-algorithms.js';

const PUBLIC_JWS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const HMAC = ['HS256', 'HS384', 'HS512'];
const RSA_JWE = ['RSA1_5', 'RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'];
const ECDH = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'];
const SECRET_JWE = ['dir', 'A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW'];

describe('algorithms a client can register (RFC 7518 sections 3.1, 4.1 and 5.1)', () => {
  it.each<[string, readonly string[], string[]]>([
    ['signatures with a public key', SIGNATURE_ALGORITHMS, PUBLIC_JWS],
    ['signatures and MACs', JWS_ALGORITHMS, [...PUBLIC_JWS, ...HMAC]],
    ['encryption of keys', JWE_ALGORITHMS, [...RSA_JWE, ...ECDH, ...SECRET_JWE]],
    [
      'encryption of contents',
      CONTENT_ENCRYPTION_ALGORITHMS,
      ['A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A192GCM', 'A256GCM'],
    ],
  ])('for %s, each once', (_what, listed, all) => expect(listed.toSorted()).toEqual(all.toSorted()));

  it('are of one kind only', () => {
    const all = [...JWS_ALGORITHMS, ...JWE_ALGORITHMS, ...CONTENT_ENCRYPTION_ALGORITHMS];
    expect(new Set(all).size).toBe(all.length);
  });

  it.each(['none', 'ES256K', 'Ed448', 'PBES2-HS256+A128KW', 'PBES2-HS384+A192KW', 'PBES2-HS512+A256KW'])(
    'do not include %s',
    (alg) => expect([...JWS_ALGORITHMS, ...JWE_ALGORITHMS]).not.toContain(alg),
  );
});

describe('purpose of an algorithm', () => {
  it.each([...PUBLIC_JWS, ...HMAC, 'ES256K', 'Ed448'])('%s is for signatures', (alg) =>
    expect(algorithmOf(alg)?.use).toBe('sig'),
  );
  it.each([...RSA_JWE, ...ECDH, ...SECRET_JWE, 'PBES2-HS256+A128KW'])('%s is for encryption', (alg) =>
    expect(algorithmOf(alg)?.use).toBe('enc'),
  );
  it.each([
    'none',
    '',
    'rs256',
    'RS256 ',
    'A128GCM',
    'ML-DSA-44',
    'constructor',
    '__proto__',
    undefined,
    null,
    1,
    ['RS256'],
  ])('%j is none that is known', (alg) => expect(algorithmOf(alg)).toBeUndefined());
});

describe('keys of an algorithm (RFC 7518 sections 3.1 and 4.1, RFC 8037 section 3.1, RFC 9864 section 2.2)', () => {
  const curves = ['P-256', 'P-384', 'P-521', 'X25519'];
  it.each<[string, string[]]>([
    ...['RS256', 'PS512', ...RSA_JWE].map((alg): [string, string[]] => [alg, ['RSA']]),
    ['ES256', ['P-256']],
    ['ES384', ['P-384']],
    ['ES512', ['P-521']],
    ['EdDSA', ['Ed25519']],
    ['Ed25519', ['Ed25519']],
    ...ECDH.map((alg): [string, string[]] => [alg, curves]),
    ...[...HMAC, ...SECRET_JWE, 'ES256K', 'Ed448', 'PBES2-HS256+A128KW'].map((alg): [string, string[]] => [alg, []]),
  ])('%s: %j', (alg, keys) => expect(algorithmOf(alg)?.keys).toEqual(keys));
});

describe('length of the client secret', () => {
  it.each([...PUBLIC_JWS, ...RSA_JWE, ...ECDH, 'none', 'hs256', '', 'constructor'])('has no part in %j', (alg) => {
    expect(isSymmetric(alg)).toBe(false);
  });

  it.each([...HMAC, ...SECRET_JWE])('has a part in %s', (alg) => expect(isSymmetric(alg)).toBe(true));
});
