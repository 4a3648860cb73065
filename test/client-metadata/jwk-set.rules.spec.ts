import { describe, expect, it } from 'vitest';
import {
  everyKeyHasCertificate,
  hasKeyFor,
  jwkSet,
  withoutUnknownKeys,
} from '../../lib/client-metadata/jwk-set.rules.js';
import { rsa, p256, p384, p521, ed25519, x25519, akp, certified, certificate } from '../support/jwks.js';

const of = (...keys: unknown[]) => ({ keys });
const broken = (value: unknown) => jwkSet(value).map(({ at, rule }) => `${at} ${rule}`.trim());

describe('JWK Set (RFC 7517 section 5)', () => {
  it.each([null, undefined, [], 'https://tides.example/jwks', 1, '{"keys":[]}'])(
    'refuses %j, which is no object',
    (set) => expect(broken(set)).toEqual(['must be a JSON object']),
  );
  it.each([{}, { keys: null }, { keys: [] }, { keys: {} }, { keys: 'a' }])('refuses %j without keys', (set) =>
    expect(broken(set)).toEqual(['.keys must be a non-empty array']),
  );
  it.each([null, 'a', [], 1])('refuses the key %j', (key) =>
    expect(broken(of(p256, key))).toEqual(['.keys[1] must be a JSON object']),
  );
  it('accepts one key of each type', () =>
    expect(broken(of(...[rsa, p256, p384, p521, ed25519].map((key) => ({ ...key, use: 'sig' }))))).toEqual([]));
  it('accepts 16 keys and refuses 17', () => {
    expect(broken(of(...Array(16).fill(p256)))).toEqual([]);
    expect(broken(of(...Array(17).fill(p256)))).toEqual(['.keys must not have more than 16 entries']);
  });
  it('names every bad key', () =>
    expect(broken(of({ ...p256, alg: 'none' }, p256, { ...p256, use: 'x' }))).toEqual([
      '.keys[0].alg must not be none',
      '.keys[2].use must be sig or enc',
    ]));
  it('refuses a second key of the same kid', () =>
    expect(broken(of({ ...rsa, kid: 'a' }, { ...p256, kid: 'b' }, { ...p384, kid: 'a' }))).toEqual([
      '.keys[2].kid must be unique',
    ]));
  it('compares kid by case and asks for none', () =>
    expect(broken(of({ ...rsa, kid: 'a' }, { ...p256, kid: 'A' }, p384, p521))).toEqual([]));
});

describe('public keys only (OpenID Connect Registration section 2)', () => {
  const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
  it.each(privateMembers)('refuses the member %s beside the keys, whatever its value', (member) => {
    for (const keys of [[p256], [], undefined])
      for (const value of ['x', null, '', []])
        expect(broken({ keys, [member]: value })).toEqual([
          `.${member} must not be present: only public keys are accepted`,
        ]);
  });
  it('refuses it deeper beside the keys, on a key and deeper in a key', () => {
    const nested = 'must not contain a member d at any depth: only public keys are accepted';
    expect(broken({ keys: [p256], ext: [{ ...p256, d: 'x' }] })).toEqual([nested]);
    expect(broken(of(p256, { ...p256, d: 'x' }))).toEqual([
      '.keys[1].d must not be present: only public keys are accepted',
    ]);
    expect(broken(of(p256, { ...p256, ext: { jwk: { ...p256, d: 'x' } } }))).toEqual([`.keys[1] ${nested}`]);
  });
});

describe('use beside keys for another use (OpenID Connect Registration section 2)', () => {
  const required = 'is required beside keys for another use';
  it.each([
    ['one key for either', of(rsa)],
    ['two keys for either', of(rsa, p256)],
    ['no key for encryption alone', of({ ...rsa, use: 'sig' }, p256)],
    ['encryption alone', of({ ...rsa, use: 'enc' }, x25519)],
    ['use on both', of({ ...rsa, use: 'sig' }, { ...p256, use: 'enc' })],
    ['use on both curves', of({ ...ed25519, use: 'sig' }, { ...x25519, use: 'enc' })],
    ['a key of unknown type without', of({ ...rsa, use: 'sig' }, { ...p256, use: 'enc' }, akp)],
  ])('accepts %s', (_what, set) => expect(broken(set)).toEqual([]));
  it.each([
    [[2], of({ ...rsa, use: 'sig' }, { ...p256, use: 'enc' }, p384)],
    [[0, 1], of(ed25519, x25519)],
    [[1], of({ ...ed25519, use: 'sig' }, x25519)],
    [[0], of(rsa, { ...p256, use: 'enc' })],
    [[0, 1], of({ ...rsa, alg: 'RS256' }, { ...rsa, alg: 'RSA-OAEP' })],
    [[0, 1], of({ ...rsa, key_ops: ['verify'] }, { ...p256, key_ops: ['deriveKey'] })],
    [[0], of({ ...rsa, key_ops: ['verify', 'encrypt'] })],
    [[0], of({ ...rsa, key_ops: ['verify', 'encrypt'] }, { ...p256, use: 'sig' })],
  ])('refuses keys %j without use, set %#', (indexes, set) =>
    expect(broken(set)).toEqual(indexes.map((index) => `.keys[${index}].use ${required}`)),
  );
});

describe('keys of unknown type (RFC 7517 section 5)', () => {
  it('are no error beside a key that can be used', () => expect(broken(of(akp, p256))).toEqual([]));
  it('are not enough', () => expect(broken(of(akp, { kty: 'rsa' }))).toEqual(['must contain a usable key']));
  it('may share the kid of a known key, which only is a warning in RFC 7517 section 4.5', () =>
    expect(broken(of({ ...akp, kid: 'a' }, { ...p256, kid: 'a' }))).toEqual([]));
  it('are dropped from what is stored', () => {
    const set = { keys: [akp, { ...p256, kid: '1', x: p256.x }, rsa, akp] };
    expect(withoutUnknownKeys(set)).toEqual({ keys: [{ ...p256, kid: '1' }, rsa] });
    expect(set.keys).toHaveLength(4);
  });
});

describe('members that are not registered (RFC 7517 sections 4 and 5)', () => {
  const others = '"x5u":"https://tides.example/","issuer":"tides","constructor":1,"toJSON":1,"__proto__":{"a":[1]}';
  const set: object = JSON.parse(`{${others},"keys":[{${others},${JSON.stringify(p256).slice(1)}]}`);
  it('are no error', () => expect(broken(set)).toEqual([]));
  it('are dropped from what is stored', () => {
    expect(JSON.stringify(withoutUnknownKeys(set))).not.toMatch(/x5u|issuer|constructor|toJSON|__proto__/);
    expect(withoutUnknownKeys(set)).toEqual({ keys: [p256] });
  });
});

describe('certificates (RFC 7517 section 4.7)', () => {
  it('are on each key, as self_signed_tls_client_auth needs (RFC 8705 section 2.2.2)', () => {
    const withCertificate = { ...certified, x5c: [certificate] };
    expect(everyKeyHasCertificate(of(withCertificate))).toBe(true);
    expect(everyKeyHasCertificate(of(withCertificate, akp))).toBe(true);
    expect(everyKeyHasCertificate(of(withCertificate, rsa))).toBe(false);
    expect(everyKeyHasCertificate(of({ ...certified, x5c: [] }))).toBe(false);
    expect(everyKeyHasCertificate(of(akp))).toBe(false);
    expect(everyKeyHasCertificate(null)).toBe(false);
  });
});

describe('what can be stored', () => {
  it.each(['a\0', '\uD800', 'a\uFFFD'])('refuses %j in any string, name and depth', (bad) => {
    for (const set of [
      { keys: [p256], note: bad },
      { keys: [p256], [bad]: 1 },
      of(p256, { ...akp, note: { deep: [[bad]] } }),
      of({ ...p256, kid: bad }),
    ])
      expect(broken(set)).toEqual(['must be well-formed Unicode without NUL']);
  });
});

describe('a key for a purpose', () => {
  const use = (key: object, word: string) => of({ ...key, use: word });
  it.each([
    [undefined, of(rsa)],
    ['RS256', of(rsa)],
    ['PS384', of(rsa)],
    ['RS256', of({ ...rsa, alg: 'RS256' })],
    ['ES384', of(akp, { ...x25519 }, p384)],
    ['EdDSA', of(ed25519)],
    ['Ed25519', of({ ...ed25519, alg: 'EdDSA' })],
    ['EdDSA', of({ ...ed25519, alg: 'Ed25519' })],
    ['ES256', of({ ...p256, key_ops: [] })],
  ])('verifies %s, set %#', (alg, set) => expect(hasKeyFor(set, 'sig', alg)).toBe(true));
  it.each([
    [undefined, use(rsa, 'enc')],
    [undefined, of(x25519)],
    [undefined, of(akp)],
    [undefined, of({ ...rsa, key_ops: ['encrypt'] })],
    [undefined, of({ ...rsa, alg: 'RSA-OAEP' })],
    ['RS256', of({ ...rsa, alg: 'PS256' })],
    ['ES256', of(rsa)],
    ['ES384', of(p256)],
    ['HS256', of(rsa)],
    ['RSA-OAEP', of(rsa)],
    ['none', of(rsa)],
    ['ML-DSA-44', of(rsa)],
    [undefined, null],
    [undefined, { keys: 'a' }],
    [undefined, of(null)],
  ])('does not verify %s, set %#', (alg, set) => expect(hasKeyFor(set, 'sig', alg)).toBe(false));

  it.each([
    [undefined, of(rsa)],
    [undefined, of(x25519)],
    [undefined, of({ ...p256, key_ops: ['deriveBits'] })],
    ['RSA-OAEP', of(rsa)],
    ['RSA-OAEP-256', of(akp, use(rsa, 'enc').keys[0])],
    ['RSA-OAEP', of({ ...rsa, alg: 'RSA-OAEP' })],
    ['ECDH-ES', of(x25519)],
    ['ECDH-ES+A256KW', of(p256)],
    ['ECDH-ES', of({ ...p521, key_ops: ['deriveKey'] })],
  ])('is encrypted to with %s, set %#', (alg, set) => expect(hasKeyFor(set, 'enc', alg)).toBe(true));
  it.each([
    [undefined, use(rsa, 'sig')],
    [undefined, of(ed25519)],
    [undefined, of(akp)],
    [undefined, of({ ...p256, key_ops: ['verify'] })],
    [undefined, of({ ...rsa, alg: 'RS256' })],
    ['RSA-OAEP', of({ ...rsa, alg: 'RSA-OAEP-256' })],
    ['RSA-OAEP', of(p256)],
    ['ECDH-ES', of(rsa, ed25519)],
    ['RS256', of(rsa)],
    ['dir', of(rsa, x25519)],
    ['A128KW', of(rsa, x25519)],
    ['none', of(rsa)],
    [undefined, null],
  ])('is not encrypted to with %s, set %#', (alg, set) => expect(hasKeyFor(set, 'enc', alg)).toBe(false));
});
