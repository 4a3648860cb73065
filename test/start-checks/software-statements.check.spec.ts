import { RegistrationConfiguration, type DynamicRegistrationOptions } from 'nestjs-dynamic-registration';
import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { ed25519, ecOf, p256, rsa, rsaOf } from '../support/jwks.js';

const issuer = 'https://directory.example';
const jwks = { keys: [p256] };
const statements = (softwareStatements: unknown) =>
  new RegistrationConfiguration({
    issuer: 'https://auth.example.com',
    softwareStatements,
  } as DynamicRegistrationOptions);
const ofIssuer = (members: object) => ({ mode: 'optional', issuers: [{ issuer, jwks, ...members }] });
const { privateKey } = await generateKeyPair('ES256', { extractable: true });
const secret = await exportJWK(privateKey);

const FIRST = 'softwareStatements.issuers[0]';

describe('the option softwareStatements', () => {
  it.each<[unknown, string]>([
    [
      { mode: 'require' },
      `"softwareStatements.mode" must be ignored or optional or required, did you mean "required"?`,
    ],
    [{ modes: 'required' }, '"softwareStatements.modes" is no option, did you mean "softwareStatements.mode"?'],
    [
      { mode: 'optional' },
      `"softwareStatements.mode" is optional, and nobody's statements are accepted. Give "softwareStatements.issuers" or "softwareStatements.resolveKey"`,
    ],
    [
      { mode: 'required', issuers: [] },
      `"softwareStatements.mode" is required, and nobody's statements are accepted. Give "softwareStatements.issuers" or "softwareStatements.resolveKey"`,
    ],
    [{ resolveKey: 'keys' }, '"softwareStatements.resolveKey" must be a function of header, claims and context'],
    [{ issuers: {} }, '"softwareStatements.issuers" must be a list of { issuer, jwks } or { issuer, jwksUri }'],
    [{ issuers: [issuer] }, `"${FIRST}" must be { issuer, jwks } or { issuer, jwksUri }`],
    [{ issuers: [{ jwks }] }, `"${FIRST}.issuer" is missing. Give the iss of its statements`],
    [
      {
        issuers: [
          { issuer, jwks },
          { issuer, jwks },
        ],
      },
      '"softwareStatements.issuers[1].issuer" is there already. Give each issuer once',
    ],
    [
      { issuers: [{ issuer }] },
      `"${FIRST}" must have one of jwks and jwksUri. Give the public keys, or the https URL they are found at`,
    ],
    [
      ofIssuer({ jwksUri: 'https://directory.example/keys' }),
      `"${FIRST}" must have one of jwks and jwksUri. Give the public keys, or the https URL they are found at`,
    ],
    [{ issuers: [{ issuer, jwksUri: 'http://directory.example/keys' }] }, `"${FIRST}.jwksUri" must use https`],
    [ofIssuer({ jwks: { keys: [] } }), `"${FIRST}.jwks.keys" must be a non-empty array`],
    [
      ofIssuer({ jwks: { keys: [secret] } }),
      `"${FIRST}.jwks.keys[0].d" must not be present: only public keys are accepted`,
    ],
    [
      ofIssuer({ jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } }),
      `"${FIRST}.jwks.keys[0].k" must not be present: only public keys are accepted`,
    ],
    [
      ofIssuer({ jwks: { keys: [rsaOf(1024)] } }),
      `"${FIRST}.jwks.keys[0].n" must be an odd modulus of 2048 to 8192 bits`,
    ],
    [
      ofIssuer({ jwks: { keys: [ecOf('P-384')] } }),
      `"${FIRST}.jwks" has no key for RS256, PS256, ES256, EdDSA. Give one, or its algorithm in "${FIRST}.algorithms"`,
    ],
    [
      ofIssuer({ jwks: { keys: [{ ...p256, use: 'enc' }] } }),
      `"${FIRST}.jwks" has no key for RS256, PS256, ES256, EdDSA. Give one, or its algorithm in "${FIRST}.algorithms"`,
    ],
    [ofIssuer({ algorithms: [] }), `"${FIRST}.algorithms" must not be empty`],
    ...['HS256', 'none', 'None', 'ES256K', 'RSA-OAEP'].map((alg): [unknown, string] => [
      ofIssuer({ algorithms: ['ES256', alg] }),
      `"${FIRST}.algorithms" contains ${alg}, which is not available`,
    ]),
    [ofIssuer({ audience: '' }), `"${FIRST}.audience" must be a string with something in it`],
    [ofIssuer({ maximumAgeSeconds: 0 }), `"${FIRST}.maximumAgeSeconds" must be a positive integer`],
    [ofIssuer({ requireJti: 'yes' }), `"${FIRST}.requireJti" must be true or false`],
    [
      ofIssuer({ claims: { software_redirect_uris: 'redirect_uri' } }),
      `"${FIRST}.claims.software_redirect_uris" must be a metadata field that is known here, did you mean "redirect_uris"?`,
    ],
    [
      ofIssuer({ claims: { sub: 'software_id' } }),
      `"${FIRST}.claims" must not contain sub, which is no metadata. Take it out`,
    ],
    [
      ofIssuer({ claims: { inner: 'software_statement' } }),
      `"${FIRST}.claims.inner" must be a metadata field that is known here`,
    ],
    [ofIssuer({ claims: { claim: 'backchannel_logout_uri' } }), 'must be a metadata field that is known here'],
    [ofIssuer({ claims: ['redirect_uris'] }), `"${FIRST}.claims" must be names of metadata fields by those of claims`],
  ])('%j ends the start and names the way out', (option, message) => {
    expect(() => statements(option)).toThrow(message);
  });

  it.each([
    undefined,
    {},
    { mode: 'ignored' },
    { mode: 'ignored', issuers: [{ issuer, jwks }] },
    { mode: 'required', resolveKey: () => undefined },
    ofIssuer({ requireJti: true }),
    ofIssuer({ claims: { software_client_name: 'client_name' } }),
    ofIssuer({ jwks: { keys: [rsa] }, algorithms: ['RS512'] }),
    ofIssuer({ jwks: { keys: [ed25519] }, algorithms: ['Ed25519'] }),
    { mode: 'optional', issuers: [{ issuer: 'Directory of Tides', jwksUri: 'https://directory.example/keys' }] },
  ])('%j is right', (option) => {
    expect(() => statements(option)).not.toThrow();
  });

  it('makes a statement a stored member where it is read', () => {
    const isStored = (option: unknown) =>
      statements(option).metadataTable.get('software_statement')?.requestOnly !== true;
    expect([isStored(undefined), isStored({ mode: 'ignored' }), isStored(ofIssuer({}))]).toEqual([false, false, true]);
  });
});
