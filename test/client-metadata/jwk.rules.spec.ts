import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { judgeKey, publicMembers } from '../../lib/client-metadata/jwk.rules.js';
import {
  rsaOf,
  ecOf,
  rsa,
  p256,
  p384,
  p521,
  ed25519,
  x25519,
  akp,
  certified,
  certificate,
  type Members,
} from '../support/jwks.js';

const pem = `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`;

/** The same of other types. */
const otherCertified: (Members & { x5c: string[] })[] = [
  {
    crv: 'Ed25519',
    x: 'LQyIFPv6HUr934-Ezh36cvH07521O6ufPDsHpKqnnGE',
    kty: 'OKP',
    x5c: [
      'MIIBRjCB+aADAgECAhRwurgJ2ObHVkeOCy1Ep/IOCaR07TAFBgMrZXAwGDEWMBQGA1UEAwwNdGlkZXMuZXhhbXBsZTAgFw0yNjExMjIwMTM0' +
        'MTNaGA8yMTI2MTAyOTAxMzQxM1owGDEWMBQGA1UEAwwNdGlkZXMuZXhhbXBsZTAqMAUGAytlcAMhAC0MiBT7+h1K/d+PhM4d+nLx9O+dtTur' +
        'nzw7B6Sqp5xho1MwUTAdBgNVHQ4EFgQUT/NFT91VjZi6S8jmAYPUyjT9y3IwHwYDVR0jBBgwFoAUT/NFT91VjZi6S8jmAYPUyjT9y3IwDwYD' +
        'VR0TAQH/BAUwAwEB/zAFBgMrZXADQQD4jkyRDaYIVSei5sBIdvsoMJRcWSXmFkXqamMvqYTQkK3cipka9BhaRYl29pGVLSmp9gB2o+9KukMc' +
        'c7wNhWIJ',
    ],
  },
  {
    kty: 'RSA',
    n:
      'uk3D67DUunkexBQCuU9VvLMqvgebjjQzxURmlLyzJWYZC5aH4Ctyuasmpugh-RpfBQ2NAlZsrD7ojoRPiVIJXD-ThiNnnat0YoGCtROB1Za-' +
      '0iDv-Ia_fUUQBVx6FJ5Qb84v7Mn1WsJsxLdV496rV8G-MohrbHXC5D6Aa5A9tpTv7TLLauaT-KOi3_vEMKtaRlcLwLxcc3k6CT1NhKeKduGt' +
      'LHZ7DMVmmuysiHdG9s3dVc-W_zuurKuGpy56kzU244O6wpNAD2TDeayQBBm0jNJlaCd9u3zwgjhl_mof0ZLqrbNp5ABwi7YHp4OR8LydM5h1' +
      'QqZaDVBVcSvAl7GfsQ',
    e: 'AQAB',
    x5c: [
      'MIIDEzCCAfugAwIBAgIUbTZlpInsAmug4YbATWac85croPAwDQYJKoZIhvcNAQELBQAwGDEWMBQGA1UEAwwNdGlkZXMuZXhhbXBsZTAgFw0y' +
        'NjExMjIwMTM0MTRaGA8yMTI2MTAyOTAxMzQxNFowGDEWMBQGA1UEAwwNdGlkZXMuZXhhbXBsZTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCC' +
        'AQoCggEBALpNw+uw1Lp5HsQUArlPVbyzKr4Hm440M8VEZpS8syVmGQuWh+ArcrmrJqboIfkaXwUNjQJWbKw+6I6ET4lSCVw/k4YjZ52rdGKB' +
        'grUTgdWWvtIg7/iGv31FEAVcehSeUG/OL+zJ9VrCbMS3VePeq1fBvjKIa2x1wuQ+gGuQPbaU7+0yy2rmk/ijot/7xDCrWkZXC8C8XHN5Ogk9' +
        'TYSninbhrSx2ewzFZprsrIh3RvbN3VXPlv87rqyrhqcuepM1NuODusKTQA9kw3mskAQZtIzSZWgnfbt88II4Zf5qH9GS6q2zaeQAcIu2B6eD' +
        'kfC8nTOYdUKmWg1QVXErwJexn7ECAwEAAaNTMFEwHQYDVR0OBBYEFD5skpkWaK6c5YnEVEbZnXOIeNkJMB8GA1UdIwQYMBaAFD5skpkWaK6c' +
        '5YnEVEbZnXOIeNkJMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBADIYO1mp/vPiipwdQv1ATalslq5uEykytF3YxW0pzDKJ' +
        'T2xqNWnbHs4iVsHgmWyGV0Dm4vTHPJlOtVOGJya1aPWxIWlWlc4SM9jGdFGkbNYAmUaXwy/M9JXS8joKELDkX9mG4L35oLPz1TdO+L1RyYCS' +
        'KI+pbimMoiL0g9GNr/gmi6gunbEnJX3QJ96JcHrI4d5qBXtDSrwF7C6HgWvHgVonkOs98zpkt6bqA/0+pYpvFk7QUtrfT43l2bEWJgqg9BbQ' +
        'oq41OhTRzsulNec/K7D3rWaJ1jYkMbpWumrYsEwpa6d3X5YQaIdoTZwU9AwGx3wLaVqdht902+0Cr5Fk42s=',
    ],
  },
];

/** Of a DSA key, which no JWK can be. */
const certifiedDsa =
  'MIIEbTCCBBqgAwIBAgIUWqMvpK52ERnKJLvqtMZ+4/g2RawwCwYJYIZIAWUDBAMCMBgxFjAUBgNVBAMMDXRpZGVzLmV4YW1wbGUwIBcNMjYxMTIyMD' +
  'E0NjE3WhgPMjEyNjEwMjkwMTQ2MTdaMBgxFjAUBgNVBAMMDXRpZGVzLmV4YW1wbGUwggNDMIICNgYHKoZIzjgEATCCAikCggEBAM7ypTBYQsGi9/sO' +
  'v8WJUmu1psV87hsFDdVfVCL6oZmZQrumjVf4qvm2newXAHC1IXjmpQq7W2luVDuwMwqKcPjFH1ql9F+FSGoBHRkuXwFGKjQpe71T02n2iUecc/EIRe' +
  'ii7W2kr618wAyHAwjd+5/aToa0zKaywU9OMhWhwJVETNaWhfQq0X2YyMt/g+uREZEptIYwBG/C9256VJQyo9arvzoiFDbWu+VPmUZ/IyDU588ehtij' +
  '+5u1NWkZx9Fu7BCy+mp03O9aQIOQFg5Fr/i9g6CE3z6a8QWyv5Wzp6XNvwoXxeigPqhCJ+fljHKSdOBHiu6pQIhKNuHcyvrmJUMCHQDHs6Wtr0ISdc' +
  'tcYlX32umLRkapZJFrmEhRhfS/AoIBAQCUGKyb+dBzW3QMjj6e7HQnQRJ1Ue6C+M9+CUVNksv+zHRTJRHljlt+n3ynRPMSbCkGlPbgcNyWXPxESrmE' +
  'OleTTn7+C/qXpcw1biDBgOktlftk8pJzNqYrGg1YlJklAmT4UY7kFDgl/3poNoEBhgzF+wS+WoS/5CrxZMD5wrrIrtJwvS5U4cBILLdFLD430FSmFD' +
  'W7TZx9MJ+6cIzSNW/dkhAt6qFc5KdoM7irWivncIuMe+SLgDiqotIgJrKQ1A/qjZpi1rboDeF5TBZIqzxK0H2kxGhByJqWYC84/DA78ZKEY0V6LanM' +
  'LnjVpJGJVDBAj0YM2pL88Ymz0DJHCANXA4IBBQACggEAc3ntszmGi/G03mIL4pwq+Pd5bO7XhHFWgc0GvRGnaagZOobfjxB0NoQVzHuea5tHH8Yun3' +
  'nC3zigUTW7EHhuF52qUDp6egouaro2nPElYub760OBaVLTc+lCdcQppn+uaHFPyiErQlDVWN1/MRBLcK08abmKC7vT4NurrPNH7hPXc8/ZirVRvPRs' +
  'YRLhC5oNir8jJs+ngCbeKRI5YhYE8PnxgWPh6H8BVTgT5xkxQsEe+Ag2/m22QV9EkKgY735U8H8/JF2M8ea7wJ3mSah1uyap7RQsX/FK/aaLIHALDP' +
  'op4BORyA6+6G3Ge2DDsG7DEzZc8rCuq/UtqG0nQlCDUKNTMFEwHQYDVR0OBBYEFM4U7BLc9C91n7reiKvF8TfUy55AMB8GA1UdIwQYMBaAFM4U7BLc' +
  '9C91n7reiKvF8TfUy55AMA8GA1UdEwEB/wQFMAMBAf8wCwYJYIZIAWUDBAMCA0AAMD0CHAHmIv8FZNkP52d99uAf+UIqA3W0I2WNCscAFcsCHQCTHE' +
  '7g30adnP/gtsA08ZrLOvcxvdylowfE3TBF';

const broken = (key: unknown) => judgeKey(key).map(({ at, rule }) => `${at} ${rule}`.trim());

describe('JWK (RFC 7517 section 4)', () => {
  it.each([null, undefined, 'a', [], 1])('refuses %j, which is no object', (key) =>
    expect(broken(key)).toEqual(['must be a JSON object']),
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
    ['a key of unknown type', akp],
  ])('accepts %s', (_type, key) => expect(broken(key)).toEqual([]));
  it('does not take a member of the prototype for one of the key', () =>
    expect(broken(JSON.parse('{"__proto__":{"kty":"EC"}}'))).toEqual(['.kty must be a string']));
});

describe('public keys only (OpenID Connect Registration section 2)', () => {
  const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
  it.each(privateMembers)('refuses the member %s on a key of any type, whatever its value', (member) => {
    for (const key of [rsa, p256, ed25519, akp, { kty: 'oct' }, {}])
      for (const value of ['AQAB', null, '', []])
        expect(broken({ ...key, [member]: value })).toEqual([
          `.${member} must not be present: only public keys are accepted`,
        ]);
  });
  it.each(privateMembers)('refuses the member %s at any depth of a key', (member) => {
    for (const key of [rsa, p256, akp])
      for (const ext of [{ [member]: 'AQAB' }, { jwk: { ...key, [member]: null } }, [[{ a: [{ [member]: 1 }] }]]])
        expect(broken({ ...key, ext })).toEqual([
          `must not contain a member ${member} at any depth: only public keys are accepted`,
        ]);
  });
  it('refuses a private member of __proto__', () =>
    expect(broken(JSON.parse(`{"kty":"AKP","__proto__":{"d":"x"}}`))).toEqual([
      'must not contain a member d at any depth: only public keys are accepted',
    ]));
  it('reads as deep as a key nests', () => {
    const nested = (inner: string): unknown => JSON.parse('[{"a":'.repeat(2000) + inner + '}]'.repeat(2000));
    expect(broken({ ...p256, ext: nested('1') })).toEqual([]);
    expect(broken({ ...p256, ext: nested('{"d":1}') })).toHaveLength(1);
  });
  it('refuses a symmetric key', () =>
    expect(broken({ kty: 'oct' })).toEqual(['.kty must not be oct: only public keys are accepted']));
  it.each([
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
    generateKeyPairSync('ed25519').privateKey,
    generateKeyPairSync('x25519').privateKey,
  ])('refuses private key %#', (key) =>
    expect(broken(key.export({ format: 'jwk' }))).toEqual(['.d must not be present: only public keys are accepted']),
  );
});

describe('key material (RFC 7518 section 6, RFC 8037 section 2)', () => {
  it.each([undefined, null, 1, {}])('refuses kty %j', (kty) =>
    expect(broken({ ...p256, kty })).toEqual(['.kty must be a string']),
  );
  it('refuses a point that is not on its curve', () =>
    expect(broken({ ...p256, y: ecOf('P-256').y })).toEqual(['must be a valid public key']));
  it('refuses a point of another curve', () =>
    expect(broken({ ...p384, crv: 'P-256' })).toEqual(['.x must be unpadded base64url of the full length']));
  it.each([
    ['secp256k1', { ...ecOf('secp256k1') }],
    ['Ed448', { ...generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' }) }],
    ['P-192', { ...p256, crv: 'P-192' }],
    ['a curve of another type', { ...p256, crv: 'Ed25519' }],
    ['a list', { ...p256, crv: ['P-256'] }],
    ['none', { ...p256, crv: undefined }],
    ['RSA', { ...p256, crv: 'RSA' }],
  ])('refuses the curve %s', (_curve, key) =>
    expect(broken(key)).toEqual(['.crv must be a supported curve of the key type']),
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
    expect(broken(key)).toEqual([`.${member} must be unpadded base64url of the full length`]),
  );
  const badModulus = ['.n must be an odd modulus of 2048 to 8192 bits'];
  it.each([512, 1024, 2047])('refuses an RSA modulus of %i bits (RFC 7518 section 3.3)', (bits) =>
    expect(broken(rsaOf(bits))).toEqual(badModulus),
  );
  const withModulus = (...parts: Uint8Array[]) => ({ ...rsa, n: Buffer.concat(parts).toString('base64url') });
  const [zero, one, high] = [Buffer.of(0), Buffer.of(1), Buffer.of(0x80)];
  it('accepts an RSA modulus of 8192 bits, also after a zero octet, and refuses a longer one', () => {
    expect(broken(withModulus(high, Buffer.alloc(1022), one))).toEqual([]);
    expect(broken(withModulus(zero, high, Buffer.alloc(1022), one))).toEqual([]);
    expect(broken(withModulus(one, Buffer.alloc(1023), one))).toEqual(badModulus);
    expect(broken(withModulus(Buffer.alloc(20_000, 0xff)))).toEqual(badModulus);
  });
  it('refuses an RSA modulus that is zero, even or short after its zero octets', () => {
    expect(broken(withModulus(Buffer.alloc(256)))).toEqual(badModulus);
    expect(broken(withModulus(high, Buffer.alloc(255)))).toEqual(badModulus);
    expect(broken(withModulus(Buffer.alloc(128), high, Buffer.alloc(126), one))).toEqual(badModulus);
    expect(broken(withModulus(Buffer.alloc(20_000), high, Buffer.alloc(254), one))).toEqual(badModulus);
  });
  it.each(['AQ', 'Ag', 'AQAA', 'AA', 'A', 'AAAB'])('refuses the RSA exponent %s, even or below 3', (e) =>
    expect(broken({ ...rsa, e })).toEqual(['.e must be odd, at least 3 and not longer than 64 bits']),
  );
  it.each(['AQAAAAAAAAAB', '_'.repeat(24_000), `${'A'.repeat(24_000)}AQAB`])(
    'refuses an RSA exponent of more than 64 bits, %#',
    (e) => expect(broken({ ...rsa, e })).toEqual(['.e must be odd, at least 3 and not longer than 64 bits']),
  );
  it.each(['Aw', 'AQAB', 'AAEAAQ', '__________8'])('accepts the RSA exponent %s', (e) =>
    expect(broken({ ...rsa, e })).toEqual([]),
  );
});

describe('points of small order (RFC 7748 section 6.1, RFC 8032 section 5.1.7)', () => {
  // p - 1, p, p + 1, 0 and 1, where p is 2^255 - 19, and the two of order 8.
  const extremes = [
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
  ];
  const u = [
    ...extremes,
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  ];
  const y = [
    ...extremes,
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ];
  const withHighBit = (hex: string) => hex.slice(0, 62) + (parseInt(hex.slice(62), 16) | 0x80).toString(16);
  const keyOf = (crv: string, hex: string) => ({
    kty: 'OKP',
    crv,
    x: Buffer.from(hex, 'hex').toString('base64url'),
  });
  it.each(u.flatMap((hex) => [hex, withHighBit(hex)]))('refuses %s on X25519, which makes every secret zero', (hex) => {
    const jwk = keyOf('X25519', hex);
    expect(broken(jwk)).toEqual(['.x must not be a point of small order']);
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
    expect(() => diffieHellman({ publicKey, privateKey: generateKeyPairSync('x25519').privateKey })).toThrow();
  });
  it.each(y.flatMap((hex) => [hex, withHighBit(hex)]))('refuses %s on Ed25519', (hex) =>
    expect(broken(keyOf('Ed25519', hex))).toEqual(['.x must not be a point of small order']),
  );
  it('accepts the base points', () => {
    expect(broken(keyOf('X25519', `09${'00'.repeat(31)}`))).toEqual([]);
    expect(broken(keyOf('Ed25519', `58${'66'.repeat(31)}`))).toEqual([]);
  });
});

describe('alg, use, key_ops and kid (RFC 7517 sections 4.2 to 4.5)', () => {
  it.each(['none', 'None', 'NONE'])('refuses alg %s', (alg) =>
    expect(broken({ ...rsa, alg })).toEqual(['.alg must not be none']),
  );
  it.each([null, '', 1, ['RS256'], 'a\n'])('refuses alg %j', (alg) =>
    expect(broken({ ...rsa, alg })).toEqual(['.alg must be a non-empty string']),
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
  ])('accepts alg %s on its key type, %#', (alg, key) => expect(broken({ ...key, alg })).toEqual([]));
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
    expect(broken({ ...key, alg })).toEqual(['.alg must fit the key type']),
  );
  it.each([null, '', 'SIG', 'encrypt', 1, ['sig']])('refuses use %j', (use) =>
    expect(broken({ ...rsa, use })).toEqual(['.use must be sig or enc']),
  );
  it.each([null, 'verify', {}, ['verify', 'verify'], [1], [null], ['']])('refuses key_ops %j', (key_ops) =>
    expect(broken({ ...rsa, key_ops })).toEqual(['.key_ops must be an array of distinct strings']),
  );
  it.each([
    ['sig', ['verify']],
    ['sig', ['sign', 'verify']],
    ['enc', ['encrypt', 'wrapKey']],
    ['enc', []],
    ['sig', ['attest']],
    [undefined, ['verify']],
  ])('accepts use %j with key_ops %j', (use, key_ops) =>
    expect(broken({ ...rsa, ...(use && { use }), key_ops })).toEqual([]),
  );
  it.each([
    ['sig', ['encrypt']],
    ['enc', ['verify']],
    ['sig', ['verify', 'wrapKey']],
    ['enc', ['unwrapKey', 'sign']],
  ])('refuses use %j with key_ops %j', (use, key_ops) =>
    expect(broken({ ...rsa, use, key_ops })).toEqual(['.key_ops must agree with use']),
  );
  it.each([
    { ...rsa, use: 'enc', alg: 'RS256' },
    { ...rsa, use: 'sig', alg: 'RSA-OAEP' },
    { ...rsa, key_ops: ['encrypt'], alg: 'RS256' },
    { ...ed25519, use: 'enc' },
    { ...x25519, use: 'sig' },
    { ...x25519, key_ops: ['verify'] },
  ])('refuses key %#, which can serve nothing', (key) =>
    expect(broken(key)).toEqual(['must name one purpose by its use, key_ops, alg and key type']),
  );
  it.each([null, '', 1, {}, 'a\0b'])('refuses kid %j', (kid) => expect(broken({ ...rsa, kid })).toHaveLength(1));
});

describe('certificates (RFC 7517 section 4.7)', () => {
  it('accepts a chain whose first certificate is for the key', () =>
    expect(broken({ ...certified, x5c: Array(10).fill(certificate) })).toEqual([]));
  it('refuses a certificate for another key', () =>
    expect(broken({ ...p256, x5c: [certificate] })).toEqual(['.x5c[0] must be a certificate for the key']));
  it.each([null, certificate, {}, [], Array(11).fill(certificate)])('refuses chain %#', (x5c) =>
    expect(broken({ ...certified, x5c })).toEqual(['.x5c must be an array of 1 to 10 certificates']),
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
    ['of indefinite length', Buffer.concat([Buffer.of(0x30, 0x80), Buffer.alloc(128)]).toString('base64')],
    ['no certificate', 'AAAA'],
  ])('refuses a certificate that is %s', (_name, bad) => {
    expect(broken({ ...certified, x5c: [bad] })).toEqual(['.x5c[0] must be a certificate in base64 of DER']);
    expect(broken({ ...certified, x5c: [certificate, bad] })).toEqual([
      '.x5c[1] must be a certificate in base64 of DER',
    ]);
  });
  it('refuses what has the frame of a certificate and is none', () =>
    expect(broken({ ...certified, x5c: ['MAA='] })).toEqual(['.x5c[0] must be a certificate in base64 of DER']));
  it('refuses a certificate of a key that no JWK can be', () =>
    expect(broken({ ...certified, x5c: [certifiedDsa] })).toEqual(['.x5c[0] must be a certificate for the key']));
  it.each(otherCertified)('accepts a certificate for key %#', (key) => {
    expect(broken(key)).toEqual([]);
    expect(broken({ ...rsa, x5c: key.x5c })).toEqual(['.x5c[0] must be a certificate for the key']);
    expect(broken({ ...ed25519, x5c: key.x5c })).toEqual(['.x5c[0] must be a certificate for the key']);
  });
  it.each(['x5t', 'x5t#S256'])('accepts %s as a string only', (member) => {
    expect(broken({ ...rsa, [member]: 'dGhpcyBpcyBhIFNIQTEgdGVzdA' })).toEqual([]);
    for (const value of [null, '', 1, {}, ['a'], 'a\0'])
      expect(broken({ ...rsa, [member]: value })).toEqual([`.${member} must be a non-empty string`]);
  });
});

describe('what is kept of a key (RFC 7517 section 4)', () => {
  const description = {
    use: 'sig',
    key_ops: ['verify'],
    alg: 'a',
    kid: '1',
    x5c: [certificate],
    x5t: 'a',
    'x5t#S256': 'b',
  };
  it.each([rsa, p256, p521, ed25519, x25519])('all registered public members, key %#', (key) =>
    expect(publicMembers({ ...key, ...description })).toEqual({ ...key, ...description }),
  );
  it('no other member', () =>
    expect(
      publicMembers(
        JSON.parse(
          JSON.stringify({
            ...p256,
            x5u: 'https://tides.example/',
            n: {},
            e: [],
            constructor: 1,
            'tides:x': 1,
            iat: 1,
          }).replace('{', '{"__proto__":{"d":1},'),
        ),
      ),
    ).toEqual(p256));
  it('no curve of an RSA key', () => expect(publicMembers({ ...rsa, crv: { a: 1 }, x: 1, y: 1 })).toEqual(rsa));
});
