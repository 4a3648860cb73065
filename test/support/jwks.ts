import { generateKeyPairSync } from 'node:crypto';

/** A JWK, whose members a test takes away or adds to. */
export type Members = Record<string, unknown>;

export const rsaOf = (modulusLength: number, publicExponent = 65_537): Members => ({
  ...generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' }),
});
export const ecOf = (namedCurve: string): Members => ({
  ...generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' }),
});

export const rsa = rsaOf(2048);
export const [p256, p384, p521] = [ecOf('P-256'), ecOf('P-384'), ecOf('P-521')];
export const ed25519: Members = { ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) };
export const x25519: Members = { ...generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }) };
export const akp = { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' };

/** A self-signed certificate, and the JWK of its key. */
export const certified = {
  kty: 'EC',
  crv: 'P-256',
  x: 'Xj2R9aYBSH3vj5H8uTQ0ddCeQ8YQ6doekFibWmYgmhk',
  y: 'CQW1YmwtVNFXK4Fbbh0Y_lrZO1vbYFk4e_yhlJFoSI0',
};
export const certificate =
  'MIIBiDCCAS2gAwIBAgIUVmi/fNJhkfNW7Z0GtZYa1B9BA+QwCgYIKoZIzj0EAwIwGDEWMBQGA1UEAwwNdGlkZXMuZXhhbXBsZTAgFw0yNjExMjIwMDA3MDhaGA8y' +
  'MTI2MTAyOTAwMDcwOFowGDEWMBQGA1UEAwwNdGlkZXMuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABF49kfWmAUh974+R/Lk0NHXQnkPGEOnaHpBY' +
  'm1pmIJoZCQW1YmwtVNFXK4Fbbh0Y/lrZO1vbYFk4e/yhlJFoSI2jUzBRMB0GA1UdDgQWBBTimkZ3fwYmNnIdrVzoZdJchxYruzAfBgNVHSMEGDAWgBTimkZ3fwYm' +
  'NnIdrVzoZdJchxYruzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQClVB+henm1D+3lvmdAMty7sPB6kI8JH1b2y7Tv5SjH1AIhAKw8quhwTXWW' +
  'BsCCP1G7Qwn1yJcsMJo0H1MmTA9Zz4YW';
