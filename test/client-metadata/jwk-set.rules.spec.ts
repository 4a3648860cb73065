import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  everyKeyHasCertificate,
  hasEncryptionKey,
  hasSigningKey,
  jwkSet,
  withoutUnknownKeys,
} from '../../lib/client-metadata/jwk-set.rules.js';

type Members = Record<string, unknown>;

const rsaOf = (modulusLength: number, publicExponent = 65_537): Members => ({
  ...generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' }),
});
const ecOf = (namedCurve: string): Members => ({
  ...generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' }),
});

const rsa = rsaOf(2048);
const [p256, p384, p521] = [ecOf('P-256'), ecOf('P-384'), ecOf('P-521')];
const ed25519: Members = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) };
const x25519: Members = { ...generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }) };
const akp = { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' };

/** A self-signed certificate, and the JWK of its key. */
const certified = {
  kty: 'EC',
  crv: 'P-256',
  x: 'Xj2R9aYBSH3vj5H8uTQ0ddCeQ8YQ6doekFibWmYgmhk',
  y: 'CQW1YmwtVNFXK4Fbbh0Y_lrZO1vbYFk4e_yhlJFoSI0',
};
const certificate =
  'MIIBiDCCAS2gAwIBAgIUVmi/fNJhkfNW7Z0GtZYa1B9BA+QwCgYIKoZIzj0EAwIwGDEWMBQGA1UEAwwNdGlkZXMuZXhhbXBsZTAgFw0yNjExMjIwMDA3MDhaGA8y' +
  'MTI2MTAyOTAwMDcwOFowGDEWMBQGA1UEAwwNdGlkZXMuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABF49kfWmAUh974+R/Lk0NHXQnkPGEOnaHpBY' +
  'm1pmIJoZCQW1YmwtVNFXK4Fbbh0Y/lrZO1vbYFk4e/yhlJFoSI2jUzBRMB0GA1UdDgQWBBTimkZ3fwYmNnIdrVzoZdJchxYruzAfBgNVHSMEGDAWgBTimkZ3fwYm' +
  'NnIdrVzoZdJchxYruzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQClVB+henm1D+3lvmdAMty7sPB6kI8JH1b2y7Tv5SjH1AIhAKw8quhwTXWW' +
  'BsCCP1G7Qwn1yJcsMJo0H1MmTA9Zz4YW';
const pem = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`;

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
  it.each([
    ['RSA', rsa],
    ['P-256', p256],
    ['P-384', p384],
    ['P-521', p521],
    ['Ed25519', ed25519],
    ['X25519', x25519],
    [
      'a key with all members',
      { ...p256, kid: '1', use: 'sig', key_ops: ['verify'], alg: 'ES256', 'tides:x': { a: [1] } },
    ],
  ])('accepts %s', (_type, key) => expect(broken(of(key))).toEqual([]));
  it('accepts 32 keys and refuses 33', () => {
    expect(broken(of(...Array(32).fill(p256)))).toEqual([]);
    expect(broken(of(...Array(33).fill(p256)))).toEqual(['.keys must not have more than 32 entries']);
  });
  it('names every bad key', () =>
    expect(broken(of({ ...p256, alg: 'none' }, p256, { ...p256, use: 'x' }))).toEqual([
      '.keys[0].alg must not be none',
      '.keys[2].use must be sig or enc',
    ]));
});

describe('public keys only (OpenID Connect Registration section 2)', () => {
  const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
  it.each(privateMembers)('refuses the member %s on a key of any type, whatever its value', (member) => {
    for (const key of [rsa, p256, ed25519, akp, { kty: 'oct' }, {}])
      for (const value of ['AQAB', null, '', []])
        expect(broken(of(p256, { ...key, [member]: value }))).toEqual([
          `.keys[1].${member} must not be present: only public keys are accepted`,
        ]);
  });
  it('refuses a symmetric key', () =>
    expect(broken(of(p256, { kty: 'oct' }))).toEqual(['.keys[1].kty must not be oct: only public keys are accepted']));
  it.each([
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    generateKeyPairSync('ed25519').privateKey,
    generateKeyPairSync('x25519').privateKey,
  ])('refuses private key %#', (key) =>
    expect(broken(of(key.export({ format: 'jwk' })))).toEqual([
      '.keys[0].d must not be present: only public keys are accepted',
    ]),
  );
});

describe('key material (RFC 7518 section 6, RFC 8037 section 2)', () => {
  it.each([undefined, null, 1, {}])('refuses kty %j', (kty) =>
    expect(broken(of({ ...p256, kty }))).toEqual(['.keys[0].kty must be a string']),
  );
  it('refuses a point that is not on its curve', () =>
    expect(broken(of({ ...p256, y: ecOf('P-256').y }))).toEqual(['.keys[0] must be a valid public key']));
  it('refuses a point of another curve', () =>
    expect(broken(of({ ...p384, crv: 'P-256' }))).toEqual([
      '.keys[0].x must be unpadded base64url of the full length',
    ]));
  it.each([
    ['secp256k1', { ...ecOf('secp256k1') }],
    ['Ed448', { ...generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' }) }],
    ['P-192', { ...p256, crv: 'P-192' }],
    ['a curve of another type', { ...p256, crv: 'Ed25519' }],
    ['a list', { ...p256, crv: ['P-256'] }],
    ['none', { ...p256, crv: undefined }],
    ['RSA', { ...p256, crv: 'RSA' }],
  ])('refuses the curve %s', (_curve, key) =>
    expect(broken(of(key))).toEqual(['.keys[0].crv must be a supported curve of the key type']),
  );
  it.each([
    ['x', { ...p256, x: undefined }],
    ['y', { ...p256, y: `${String(p256.y)}=` }],
    ['x', { ...p256, x: String(p256.x).slice(0, 42) }],
    ['x', { ...p256, x: `+${String(p256.x).slice(1)}` }],
    ['x', { ...ed25519, x: 7 }],
    ['x', { ...x25519, x: `${String(x25519.x)}A` }],
    ['n', { ...rsa, n: '' }],
    ['e', { ...rsa, e: 'AQ AB' }],
  ])('refuses a bad %s, %#', (member, key) =>
    expect(broken(of(key))).toEqual([`.keys[0].${member} must be unpadded base64url of the full length`]),
  );
  it.each([512, 1024, 2047])('refuses an RSA modulus of %i bits (RFC 7518 section 3.3)', (bits) =>
    expect(broken(of(rsaOf(bits)))).toEqual(['.keys[0].n must be a modulus of 2048 to 8192 bits']),
  );
  const modulus = (bits: number) => Buffer.from(`1${'0'.repeat(bits / 4 - 2)}1`.padStart(bits / 4, '8'), 'hex');
  const rsaWith = (bytes: Buffer) => ({ ...rsa, n: bytes.toString('base64url') });
  it('accepts an RSA modulus of 8192 bits and refuses a longer one', () => {
    expect(broken(of(rsaWith(Buffer.concat([Buffer.from([0x80]), Buffer.alloc(1022), Buffer.from([1])]))))).toEqual([]);
    expect(broken(of(rsaWith(modulus(8200))))).toEqual(['.keys[0].n must be a modulus of 2048 to 8192 bits']);
  });
  it.each(['AQ', 'Ag', 'AQAA', 'AA'])('refuses the RSA exponent %s, even or below 3', (e) =>
    expect(broken(of({ ...rsa, e }))).toEqual(['.keys[0].e must be odd and at least 3']),
  );
  it('accepts the RSA exponent 3', () => expect(broken(of({ ...rsa, e: 'Aw' }))).toEqual([]));
});

describe('alg, use, key_ops and kid (RFC 7517 sections 4.2 to 4.5)', () => {
  it.each(['none', 'None', 'NONE'])('refuses alg %s', (alg) =>
    expect(broken(of({ ...rsa, alg }))).toEqual(['.keys[0].alg must not be none']),
  );
  it.each([null, '', 1, ['RS256'], 'a\n'])('refuses alg %j', (alg) =>
    expect(broken(of({ ...rsa, alg }))).toEqual(['.keys[0].alg must be a non-empty string']),
  );
  it.each([
    ['RS256', rsa],
    ['PS512', rsa],
    ['RSA-OAEP-256', rsa],
    ['ES256', p256],
    ['ES384', p384],
    ['ES512', p521],
    ['ECDH-ES+A256KW', p384],
    ['EdDSA', ed25519],
    ['Ed25519', ed25519],
    ['ECDH-ES', x25519],
    ['urn:tides:alg', p256],
  ])('accepts alg %s on its key type, %#', (alg, key) => expect(broken(of({ ...key, alg }))).toEqual([]));
  it.each([
    ['ES256', rsa],
    ['HS256', rsa],
    ['ECDH-ES', rsa],
    ['dir', rsa],
    ['ES384', p256],
    ['ES256K', p256],
    ['RS256', p384],
    ['EdDSA', p521],
    ['ES256', ed25519],
    ['ECDH-ES', ed25519],
    ['EdDSA', x25519],
    ['RSA-OAEP', x25519],
  ])('refuses alg %s on another key type, %#', (alg, key) =>
    expect(broken(of({ ...key, alg }))).toEqual(['.keys[0].alg must fit the key type']),
  );
  it.each([null, '', 'SIG', 'encrypt', 1, ['sig']])('refuses use %j', (use) =>
    expect(broken(of({ ...rsa, use }))).toEqual(['.keys[0].use must be sig or enc']),
  );
  it.each([null, 'verify', {}, ['verify', 'verify'], [1], [null], ['']])('refuses key_ops %j', (key_ops) =>
    expect(broken(of({ ...rsa, key_ops }))).toEqual(['.keys[0].key_ops must be an array of distinct strings']),
  );
  it.each([
    ['sig', ['verify']],
    ['sig', ['sign', 'verify']],
    ['enc', ['encrypt', 'wrapKey']],
    ['enc', []],
    ['sig', ['attest']],
    [undefined, ['verify']],
  ])('accepts use %j with key_ops %j', (use, key_ops) =>
    expect(broken(of({ ...rsa, ...(use && { use }), key_ops }))).toEqual([]),
  );
  it.each([
    ['sig', ['encrypt']],
    ['enc', ['verify']],
    ['sig', ['verify', 'wrapKey']],
    ['enc', ['unwrapKey', 'sign']],
  ])('refuses use %j with key_ops %j', (use, key_ops) =>
    expect(broken(of({ ...rsa, use, key_ops }))).toEqual(['.keys[0].key_ops must agree with use']),
  );
  it.each([
    { ...rsa, use: 'enc', alg: 'RS256' },
    { ...rsa, use: 'sig', alg: 'RSA-OAEP' },
    { ...rsa, key_ops: ['encrypt'], alg: 'RS256' },
    { ...ed25519, use: 'enc' },
    { ...x25519, use: 'sig' },
    { ...x25519, key_ops: ['verify'] },
  ])('refuses key %#, which can serve nothing', (key) =>
    expect(broken(of(key))).toEqual(['.keys[0] must name one purpose by its use, key_ops, alg and key type']),
  );
  it.each([null, '', 1, {}, 'a\0b'])('refuses kid %j', (kid) => expect(broken(of({ ...rsa, kid }))).toHaveLength(1));
  it('refuses a second key of the same kid', () =>
    expect(broken(of({ ...rsa, kid: 'a' }, { ...p256, kid: 'b' }, { ...p384, kid: 'a' }))).toEqual([
      '.keys[2].kid must be unique',
    ]));
  it('compares kid by case and asks for none', () =>
    expect(broken(of({ ...rsa, kid: 'a' }, { ...p256, kid: 'A' }, p384, p521))).toEqual([]));
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
  it('are dropped from what is stored, and nothing else is', () => {
    const set = { keys: [akp, { ...p256, kid: '1', x: p256.x }, rsa, akp], issuer: 'tides' };
    expect(withoutUnknownKeys(set)).toEqual({ keys: [{ ...p256, kid: '1' }, rsa], issuer: 'tides' });
    expect(set.keys).toHaveLength(4);
  });
});

describe('certificates (RFC 7517 section 4.7)', () => {
  it('accepts a chain whose first certificate is for the key', () =>
    expect(broken(of({ ...certified, x5c: Array(10).fill(certificate) }))).toEqual([]));
  it('refuses a certificate for another key', () =>
    expect(broken(of({ ...p256, x5c: [certificate] }))).toEqual(['.keys[0].x5c[0] must be a certificate for the key']));
  it.each([null, certificate, {}, [], Array(11).fill(certificate)])('refuses chain %#', (x5c) =>
    expect(broken(of({ ...certified, x5c }))).toEqual(['.keys[0].x5c must be an array of 1 to 10 certificates']),
  );
  it.each([
    ['no string', 1],
    ['empty', ''],
    ['base64url', certificate.replaceAll('+', '-').replaceAll('/', '_')],
    ['with line breaks', `${certificate.slice(0, 64)}\n${certificate.slice(64)}`],
    ['PEM', pem],
    ['PEM in base64', Buffer.from(pem).toString('base64')],
    ['cut short', certificate.slice(0, 400)],
    ['with octets behind it', Buffer.concat([Buffer.from(certificate, 'base64'), Buffer.alloc(3)]).toString('base64')],
    ['no certificate', 'AAAA'],
  ])('refuses a certificate that is %s', (_name, bad) => {
    expect(broken(of({ ...certified, x5c: [bad] }))).toEqual([
      '.keys[0].x5c[0] must be a certificate in base64 of DER',
    ]);
    expect(broken(of({ ...certified, x5c: [certificate, bad] }))).toEqual([
      '.keys[0].x5c[1] must be a certificate in base64 of DER',
    ]);
  });
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
  const nested = (levels: number): unknown => (levels === 0 ? 'a' : [nested(levels - 1)]);
  it('accepts 8 levels and refuses 9', () => {
    expect(broken(of({ ...p256, note: nested(5) }))).toEqual([]);
    expect(broken(of({ ...p256, note: nested(6) }))).toEqual(['must not be nested deeper than 8 levels']);
    expect(broken({ keys: [p256], note: JSON.parse('['.repeat(5000) + ']'.repeat(5000)) })).toEqual([
      'must not be nested deeper than 8 levels',
    ]);
  });
  it('does not take a member of the prototype for one of the key', () =>
    expect(broken(of(JSON.parse('{"__proto__":{"kty":"EC"}}')))).toEqual(['.keys[0].kty must be a string']));
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
  ])('verifies %s, set %#', (alg, set) => expect(hasSigningKey(set, alg)).toBe(true));
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
  ])('does not verify %s, set %#', (alg, set) => expect(hasSigningKey(set, alg)).toBe(false));
  it.each([
    [undefined, of(rsa)],
    ['ECDH-ES+A128KW', of(x25519)],
    ['ECDH-ES', use(p521, 'enc')],
    ['RSA-OAEP-256', of(rsa)],
  ])('can be encrypted to by %s, set %#', (alg, set) => expect(hasEncryptionKey(set, alg)).toBe(true));
  it.each([
    [undefined, use(rsa, 'sig')],
    [undefined, of(ed25519)],
    ['RSA-OAEP', of(x25519)],
    ['RS256', of(rsa)],
    [undefined, of(akp)],
  ])('cannot be encrypted to by %s, set %#', (alg, set) => expect(hasEncryptionKey(set, alg)).toBe(false));
});
