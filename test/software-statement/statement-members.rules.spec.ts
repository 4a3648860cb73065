import { describe, expect, it } from 'vitest';
import { ClientMetadata } from '../../lib/client-metadata/client-metadata.dto.js';
import { metadataTable } from '../../lib/client-metadata/metadata-table.js';
import { headerViolation } from '../../lib/software-statement/statement-header.rules.js';
import {
  overriddenMembers,
  statedMembers,
  withStatement,
} from '../../lib/software-statement/statement-members.rules.js';

const table = metadataTable(ClientMetadata);
const stated = (claims: Record<string, unknown>, names?: Record<string, string>) =>
  Object.fromEntries(statedMembers(claims, table, names));

describe('members of a software statement (RFC 7591 section 2.3)', () => {
  it.each<[object, Record<string, unknown>, Record<string, string>?]>([
    [{ client_name: 'A' }, { client_name: 'A', unknown: 1, iss: 'i', sub: 's', iat: 1 }],
    [{}, { client_name: null, logo_uri: '', software_statement: 'a.b.c' }],
    [{ 'client_name#de': 'A' }, { 'client_name#de': 'A', 'scope#de': 'a', 'client_name#': 'a', 'unknown#de': 'a' }],
    [{ redirect_uris: ['a'] }, { own: ['a'], redirect_uris: ['b'] }, { own: 'redirect_uris' }],
    [{ redirect_uris: ['b'] }, { own: null, redirect_uris: ['b'] }, { own: 'redirect_uris' }],
    [{ 'client_name#fr': 'A' }, { 'own#fr': 'A' }, { own: 'client_name' }],
    [{}, { 'own#fr': 'a' }, { own: 'scope' }],
    // A claim that has a meaning of its own at this issuer is not the field of its name.
    [{ software_id: 'x' }, { client_name: 'x' }, { client_name: 'software_id' }],
    [{}, JSON.parse('{"__proto__": {"client_name": "x"}, "constructor": "x", "toString": "x"}')],
  ])('are %j of %j', (members, claims, names) => expect(stated(claims, names)).toEqual(members));

  const merged = (request: Record<string, unknown>, claims: Record<string, unknown>) =>
    withStatement(request, statedMembers(claims, table), 'text', table);

  it('replace those of the request, in all languages', () =>
    expect(merged({ client_name: 'a', 'client_name#de': 'b', scope: 'c' }, { client_name: 'A' })).toEqual({
      client_name: 'A',
      scope: 'c',
      software_statement: 'text',
    }));

  it.each([
    ['jwks', 'jwks_uri'],
    ['jwks_uri', 'jwks'],
    ['jwks', 'signed_jwks_uri'],
    ['signed_jwks_uri', 'jwks_uri'],
  ])('%s leaves out %s', (source, other) =>
    expect(merged({ [other]: 'a' }, { [source]: 'b' })).toEqual({ [source]: 'b', software_statement: 'text' }),
  );

  // Otherwise the server would choose another value from the list, or add a grant for a response type.
  it.each([
    ['token_endpoint_auth_method', 'token_endpoint_auth_methods_supported'],
    ['token_endpoint_auth_methods_supported', 'token_endpoint_auth_method'],
    ['id_token_signed_response_alg', 'id_token_signing_alg_values_supported'],
    ['subject_type', 'subject_types_supported'],
    ['grant_types', 'response_types'],
    ['response_types', 'grant_types'],
  ])('%s leaves out %s', (field, other) => {
    expect(merged({ [other]: ['a'] }, { [field]: 'b' })).toEqual({ [field]: 'b', software_statement: 'text' });
    const overridden = overriddenMembers({ [other]: ['a'] }, statedMembers({ [field]: 'b' }, table), table);
    expect(overridden).toEqual([other]);
  });

  it('leave the rest of the request, whatever it is', () => {
    const request = JSON.parse('{"client_id": "a", "__proto__": {"scope": "x"}}') as Record<string, unknown>;
    const body = merged(request, {});
    expect(Object.keys(body)).toEqual(['client_id', '__proto__', 'software_statement']);
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
  });
});

describe('header of a software statement (RFC 7515 section 4.1)', () => {
  it.each<[string | undefined, Record<string, unknown>]>([
    [undefined, { alg: 'RS256' }],
    [undefined, { alg: 'EdDSA', kid: 'a', typ: 'JWT', x5t: 'a' }],
    ...['none', 'None', 'HS256', 'HS512', 'ES256K', 'RSA-OAEP', 'dir', '', undefined, null, ['RS256', 'x']].map(
      (alg): [string, Record<string, unknown>] => ['must be signed with an algorithm of public keys', { alg }],
    ),
    ...['crit', 'jku', 'jwk', 'x5u', 'x5c', 'enc', 'zip'].map((name): [string, Record<string, unknown>] => [
      `must not have ${name} in its header`,
      { alg: 'RS256', [name]: undefined },
    ]),
    ['must not have cty in its header, it is not nested', { alg: 'RS256', cty: 'JWT' }],
    ['must have a string as kid', { alg: 'RS256', kid: 1 }],
    ['must have a string as kid', { alg: 'RS256', kid: null }],
  ])('%s: %j', (rule, header) => expect(headerViolation(header)).toBe(rule));
});
