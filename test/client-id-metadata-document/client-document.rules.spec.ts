import { describe, expect, it } from 'vitest';
import { registrationRequestOf } from '../../lib/client-id-metadata-document/client-document.rules.js';

const URL = 'https://client.example/client.json';
const of = (members: object) => registrationRequestOf({ client_id: URL, client_name: 'Tides', ...members }, URL);

describe('client metadata document (OAuth Client ID Metadata Document section 4)', () => {
  it.each([[[]], ['text'], [null], [7]])('has to be an object, not %j', (document) =>
    expect(registrationRequestOf(document, URL)).toBe('must be a JSON object'),
  );

  it.each([
    undefined,
    null,
    '',
    7,
    [URL],
    `${URL}/`,
    `${URL}?`,
    'https://CLIENT.example/client.json',
    'https://client.example:443/client.json',
  ])('has to have its own URL as client_id, by simple string comparison: not %j', (client_id) =>
    expect(of({ client_id })).toBe('must have its own URL as client_id'),
  );

  it.each([
    'client_secret',
    'client_secret_expires_at',
    'client_id_issued_at',
    'registration_access_token',
    'registration_client_uri',
  ])('must not have %s', (name) => {
    expect(of({ [name]: 0 })).toBe(`must not have ${name}`);
    expect(of({ [name]: '' })).toBe(`must not have ${name}`);
    expect(of({ [name]: null })).toBeTypeOf('object');
  });

  it.each(['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'client_secret_other'])(
    'must not have the method %s, whatever it offers beside',
    (token_endpoint_auth_method) => {
      const rule = 'must not have a token_endpoint_auth_method with a shared secret';
      expect(of({ token_endpoint_auth_method })).toBe(rule);
      expect(of({ token_endpoint_auth_method, token_endpoint_auth_methods_supported: ['none'] })).toBe(rule);
    },
  );

  it.each([undefined, null, ''])('means the method none where it says %j', (token_endpoint_auth_method) =>
    expect(of({ token_endpoint_auth_method })).toMatchObject({ token_endpoint_auth_method: 'none' }),
  );

  it('leaves the choice to the server where it offers methods', () => {
    const list = { token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'] };
    expect(of(list)).toEqual({ client_name: 'Tides', ...list });
  });

  it('is a request without its identifier, which no registration has', () =>
    expect(of({ software_statement: 'a.b.c', token_endpoint_auth_method: 'none' })).toEqual({
      client_name: 'Tides',
      software_statement: 'a.b.c',
      token_endpoint_auth_method: 'none',
    }));
});
