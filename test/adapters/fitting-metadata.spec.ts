import { describe, expect, it } from 'vitest';
import { fittingMetadata, refusedMembers } from '../../lib/adapters/oidc-provider/fitting-metadata.js';
import type { ClientPayload } from '../../lib/adapters/oidc-provider/oidc-provider.types.js';

const CLIENT = {
  client_id: 'id',
  redirect_uris: ['https://tides.example/cb'],
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code'],
  response_types: ['code'],
  scope: 'openid api:read',
  contacts: ['ops@tides.example', '+49 40 1234'],
};
const listOf = (payload: ClientPayload, name: string) => (payload[name] as readonly string[] | undefined) ?? [];
const wordsOf = ({ scope }: ClientPayload) => (typeof scope === 'string' ? scope.split(' ') : []);

describe('the metadata of a client that fits a server', () => {
  it('is the metadata itself where that is accepted', () => {
    expect(fittingMetadata(CLIENT, () => true)).toBe(CLIENT);
  });

  it('leaves out of a list the entry that is not accepted, and of a scope the word', () => {
    const accepts = (payload: ClientPayload) =>
      listOf(payload, 'contacts').every((contact) => contact.includes('@')) && !wordsOf(payload).includes('api:read');
    expect(fittingMetadata(CLIENT, accepts)).toEqual({ ...CLIENT, contacts: ['ops@tides.example'], scope: 'openid' });
  });

  it('leaves out a member of which nothing is accepted', () => {
    const { contacts: _left, ...rest } = CLIENT;
    expect(fittingMetadata(CLIENT, (payload) => !('contacts' in payload))).toEqual(rest);
  });

  it('keeps members that are accepted together only, in whatever order they come', () => {
    const client = { ...CLIENT, a_enc: 'x', a_alg: 'y', bad: true };
    const accepts = (payload: ClientPayload) => !('bad' in payload) && (!('a_enc' in payload) || 'a_alg' in payload);
    expect(fittingMetadata(client, accepts)).toEqual({ ...CLIENT, a_enc: 'x', a_alg: 'y' });
  });

  it('adds response types where there are redirect URIs for them', () => {
    const client = {
      ...CLIENT,
      redirect_uris: ['https://tides.example/cb', 'app:/cb'],
      response_types: ['code', 'token'],
    };
    const accepts = (payload: ClientPayload) =>
      !listOf(payload, 'redirect_uris').includes('app:/cb') &&
      !listOf(payload, 'response_types').includes('token') &&
      (listOf(payload, 'response_types').length === 0 || listOf(payload, 'redirect_uris').length > 0);
    expect(fittingMetadata(client, accepts)).toEqual(CLIENT);
  });

  it('is none for a client whose method of authentication is not accepted: it would get another one', () => {
    expect(fittingMetadata(CLIENT, (payload) => payload['token_endpoint_auth_method'] !== 'none')).toBeUndefined();
  });

  it.each([
    ['id_token_encrypted_response_alg', 'RSA-OAEP-256'],
    ['userinfo_signed_response_alg', 'ES256'],
    ['request_object_signing_alg', 'ES256'],
    ['require_signed_request_object', true],
    ['require_pushed_authorization_requests', true],
    ['require_auth_time', true],
    ['dpop_bound_access_tokens', true],
    ['tls_client_certificate_bound_access_tokens', true],
    ['token_endpoint_auth_signing_alg', 'ES256'],
    ['subject_type', 'pairwise'],
  ])(
    'is none for a client of which %s %s is not accepted: it would be open where it asked not to be',
    (name, value) => {
      const client = { ...CLIENT, [name]: value };
      expect(fittingMetadata(client, (payload) => !(name in payload))).toBeUndefined();
      expect(refusedMembers(client, (payload) => !(name in payload))).toEqual([name]);
    },
  );

  it.each([
    ['require_signed_request_object', false],
    ['id_token_signed_response_alg', 'none'],
    ['subject_type', 'public'],
  ])('is without %s %s where that is not accepted: it asks for nothing', (name, value) => {
    const accepts = (payload: ClientPayload) => !(name in payload);
    expect(fittingMetadata({ ...CLIENT, [name]: value }, accepts)).toEqual(CLIENT);
  });

  it('has its members in the order of the metadata, so that the same client is the same text each time', () => {
    const fitting = fittingMetadata(CLIENT, (payload) => !wordsOf(payload).includes('api:read'));
    expect(Object.keys(fitting ?? {})).toEqual(Object.keys(CLIENT));
  });
});
