import { generateKeyPairSync } from 'node:crypto';

/** A member by its name on the wire. */
export type Members = Record<string, unknown>;

/** Metadata of a web client that every server accepts, with the given members in place of its own; `undefined` leaves one out. */
export function clientMetadata(members: Members = {}): Members {
  return { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'], ...members };
}

/** Metadata of a client that acts for itself and has nowhere to be redirected to. */
export function machineMetadata(members: Members = {}): Members {
  return { client_name: 'Tide Gauge', grant_types: ['client_credentials'], ...members };
}

/** A member of every field of RFC 7591 section 2 but `jwks_uri`, which excludes `jwks`. */
export function completeMetadata(members: Members = {}): Members {
  return {
    redirect_uris: ['https://tides.example/cb', 'https://tides.example/cb?second=1'],
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    client_name: 'Tide Tables',
    'client_name#pt-BR': 'Tábua de Marés',
    client_uri: 'https://tides.example/',
    logo_uri: 'https://tides.example/logo.png',
    scope: 'tides.read tides.write',
    contacts: ['ops@tides.example', '+49 40 1234'],
    tos_uri: 'https://tides.example/tos',
    policy_uri: 'https://tides.example/privacy',
    jwks: { keys: [publicKey()] },
    software_id: 'tides',
    software_version: '1.2.3',
    application_type: 'web',
    ...members,
  };
}

/** A new public key for signatures, as a JWK. */
export function publicKey(members: Members = {}): Members {
  const { publicKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...key.export({ format: 'jwk' }), ...members };
}

/** A new private key, as a JWK. */
export function privateKey(): Members {
  return { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }) };
}

/** A new public key that can only be encrypted to, as a JWK. */
export function encryptionKey(): Members {
  return { ...generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }) };
}

/** A public key with its self-signed certificate, as a JWK. */
export function certifiedKey(): Members {
  return {
    kty: 'EC',
    crv: 'P-256',
    x: 'Xj2R9aYBSH3vj5H8uTQ0ddCeQ8YQ6doekFibWmYgmhk',
    y: 'CQW1YmwtVNFXK4Fbbh0Y_lrZO1vbYFk4e_yhlJFoSI0',
    x5c: [CERTIFICATE],
  };
}

const CERTIFICATE =
  'MIIBiDCCAS2gAwIBAgIUVmi/fNJhkfNW7Z0GtZYa1B9BA+QwCgYIKoZIzj0EAwIwGDEWMBQGA1UEAwwNdGlkZXMuZXhhbXBsZTAgFw0yNjExMjIwMDA3MDhaGA8y' +
  'MTI2MTAyOTAwMDcwOFowGDEWMBQGA1UEAwwNdGlkZXMuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABF49kfWmAUh974+R/Lk0NHXQnkPGEOnaHpBY' +
  'm1pmIJoZCQW1YmwtVNFXK4Fbbh0Y/lrZO1vbYFk4e/yhlJFoSI2jUzBRMB0GA1UdDgQWBBTimkZ3fwYmNnIdrVzoZdJchxYruzAfBgNVHSMEGDAWgBTimkZ3fwYm' +
  'NnIdrVzoZdJchxYruzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQClVB+henm1D+3lvmdAMty7sPB6kI8JH1b2y7Tv5SjH1AIhAKw8quhwTXWW' +
  'BsCCP1G7Qwn1yJcsMJo0H1MmTA9Zz4YW';
