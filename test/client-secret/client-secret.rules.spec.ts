import { ClientMetadata, RegistrationConfiguration } from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import {
  CONTENT_ENCRYPTION_ALGORITHMS,
  JWE_ALGORITHMS,
  JWS_ALGORITHMS,
  SIGNATURE_ALGORITHMS,
} from '../../lib/client-metadata/jose-algorithms.js';
import { metadataTable } from '../../lib/client-metadata/metadata-table.js';
import { secretNeedOf, type SecretNeed } from '../../lib/client-secret/client-secret.rules.js';

const TABLE = metadataTable(ClientMetadata);

/** The fields that name an algorithm for a signature, and those for the encryption of a key. */
const fields = [...TABLE.values()].filter(({ algorithm }) => algorithm !== undefined).map(({ name }) => name);
const isEncryption = (name: string) => /_encryption_alg$|_encrypted_/.test(name);
const ENCRYPTIONS = fields.filter(isEncryption);
const SIGNATURES = fields.filter((name) => !isEncryption(name));

const MACS = ['HS256', 'HS384', 'HS512'];
const SHARED_KEYS = ['dir', 'A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW'];
const PUBLIC_KEYS = JWE_ALGORITHMS.filter((alg) => !SHARED_KEYS.includes(alg));

/** Every registered method, and what a client needs a secret for that has it and nothing else. */
const METHODS: readonly [string, SecretNeed][] = [
  ['none', 'none'],
  ['private_key_jwt', 'none'],
  ['tls_client_auth', 'none'],
  ['self_signed_tls_client_auth', 'none'],
  ['client_secret_basic', 'to-present'],
  ['client_secret_post', 'to-present'],
  ['client_secret_jwt', 'as-key'],
];
const withFields = METHODS.flatMap(([method, need]) =>
  [...SIGNATURES, ...ENCRYPTIONS].map((name) => ({ method, need, name })),
);

function needOf(method: string, members: Readonly<Record<string, unknown>> = {}, table = TABLE): SecretNeed {
  const metadata = { token_endpoint_auth_method: method, ...members };
  return secretNeedOf(metadata, table);
}

describe('what a client needs a secret for (RFC 7591 section 3.2.1)', () => {
  it.each(METHODS)('with %s is: %s', (method, need) => {
    expect(needOf(method)).toBe(need);
  });

  it.each(withFields)('with $method and $name of public keys is: $need', ({ method, need, name }) => {
    const algorithms = isEncryption(name) ? PUBLIC_KEYS : [...SIGNATURE_ALGORITHMS, 'none'];
    for (const alg of algorithms) expect([alg, needOf(method, { [name]: alg })]).toEqual([alg, need]);
    for (const omitted of [undefined, null, '']) expect(needOf(method, { [name]: omitted })).toBe(need);
  });

  it.each(withFields)('with $method and $name of the secret itself is: as-key', ({ method, name }) => {
    const algorithms = isEncryption(name) ? SHARED_KEYS : MACS;
    for (const alg of algorithms) expect([alg, needOf(method, { [name]: alg })]).toEqual([alg, 'as-key']);
  });

  it('covers every field that names an algorithm, and every algorithm', () => {
    const named = [...TABLE.keys()].filter((name) => name.endsWith('_alg'));
    expect(fields.toSorted()).toEqual(named.toSorted());
    expect([...ENCRYPTIONS, ...SIGNATURES]).toHaveLength(fields.length);
    expect(ENCRYPTIONS).toContain('request_object_encryption_alg');
    expect(SIGNATURES).toContain('token_endpoint_auth_signing_alg');
    expect([...SIGNATURE_ALGORITHMS, ...MACS].toSorted()).toEqual([...JWS_ALGORITHMS].toSorted());
    expect([...PUBLIC_KEYS, ...SHARED_KEYS].toSorted()).toEqual([...JWE_ALGORITHMS].toSorted());
  });

  it('is not decided by how the content is encrypted, which has a key of its own', () => {
    const names = [...TABLE.values()].filter(({ contentOf }) => contentOf !== undefined).map(({ name }) => name);
    expect(names).toContain('id_token_encrypted_response_enc');
    for (const name of names) {
      for (const enc of CONTENT_ENCRYPTION_ALGORITHMS) {
        expect([name, needOf('client_secret_basic', { [name]: enc })]).toEqual([name, 'to-present']);
        expect([name, needOf('none', { [name]: enc })]).toEqual([name, 'none']);
      }
    }
  });

  it('is not decided by fields the server does not know, nor by the choices a client sends', () => {
    const { metadataTable: known } = new RegistrationConfiguration({ issuer: 'https://auth.example.com' });
    expect(needOf('private_key_jwt', { id_token_signed_response_alg: 'HS256' }, known)).toBe('none');
    expect(needOf('none', { id_token_signing_alg_values_supported: ['HS256'] })).toBe('none');
    expect(needOf('none', { custom_alg: 'HS256' })).toBe('none');
  });
});
