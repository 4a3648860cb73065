import { describe, expect, it } from 'vitest';
import { softwareStatement } from '../../lib/client-metadata/software-statement.rules.js';

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const statement = (header: unknown, claims: unknown, signature = 'c2ln') =>
  `${part(header)}.${part(claims)}.${signature}`;

const HEADER = { alg: 'RS256' };
const CLAIMS = { iss: 'https://issuer.example', software_id: 'tides' };
/** The claims that RFC 7591 section 2.3 shows, without the one that it requires. */
const EXAMPLE = {
  software_id: '4NRB1-0XZABZI9E6-5SM3R',
  client_name: 'Example Statement-based Client',
  client_uri: 'https://client.example.net/',
};
const COMPACT = 'must be a signed JWT in compact serialization';
const OBJECTS = 'must have JSON objects as header and claims';

describe('software statement (RFC 7591 sections 2.3 and 3.1.1)', () => {
  it.each([
    ['signed', statement(HEADER, CLAIMS)],
    ['with the claims of the specification', statement(HEADER, { iss: 'a', ...EXAMPLE })],
    ['MACed', statement({ alg: 'HS256' }, CLAIMS)],
    ['with an issuer alone, the only claim that is required', statement(HEADER, { iss: 'a' })],
    ['of an issuer that is no URL', statement(HEADER, { iss: 'Tides, Inc.' })],
    ['with more in its header', statement({ typ: 'JWT', alg: 'PS256', kid: 'é' }, CLAIMS)],
    ['with any white space in its JSON', statement(' { "alg" : "ES256" }\n', '\t{"iss":"a"}')],
    // Nothing it says is believed, so nothing it says is judged.
    ['that has expired', statement(HEADER, { ...CLAIMS, exp: 1 })],
    ['whose other claims are no metadata', statement(HEADER, { ...CLAIMS, redirect_uris: 1, aud: null })],
    ['with a claim of a hostile name', statement(HEADER, '{"iss":"a","__proto__":{"iss":1}}')],
  ])('is accepted %s', (_what, jwt) => expect(softwareStatement(jwt)).toEqual([]));

  it.each<[unknown, string]>([
    [null, 'must be a string'],
    [1, 'must be a string'],
    [{ alg: 'RS256' }, 'must be a string'],
    [[statement(HEADER, CLAIMS)], 'must be a string'],
    ['', COMPACT],
    ['a.b', COMPACT],
    ['..', COMPACT],
    [`${part(HEADER)}.${part(CLAIMS)}`, COMPACT],
    [`${part(HEADER)}.${part(CLAIMS)}.`, COMPACT],
    [`.${part(CLAIMS)}.c2ln`, COMPACT],
    [`${part(HEADER)}..c2ln`, COMPACT],
    [`${statement(HEADER, CLAIMS)}.c2ln`, COMPACT],
    // RFC 7516: five parts are an encrypted JWT.
    [`${part(HEADER)}.a.b.c.d`, COMPACT],
    [`${statement(HEADER, CLAIMS)}=`, COMPACT],
    [`${statement(HEADER, CLAIMS)}\n`, COMPACT],
    [` ${statement(HEADER, CLAIMS)}`, COMPACT],
    [statement(HEADER, CLAIMS, 'a+/'), COMPACT],
    [JSON.stringify({ payload: part(CLAIMS), signatures: [] }), COMPACT],
    ['abcd.abcd.abcd', OBJECTS],
    [statement('{"alg":"RS256"', CLAIMS), OBJECTS],
    [statement([HEADER], CLAIMS), OBJECTS],
    [statement('"RS256"', CLAIMS), OBJECTS],
    [statement('null', CLAIMS), OBJECTS],
    [statement(HEADER, 'iss'), OBJECTS],
    [statement(HEADER, [CLAIMS]), OBJECTS],
    [statement(HEADER, 'null'), OBJECTS],
    [statement(HEADER, '1'), OBJECTS],
  ])('is refused for its form: %j', (jwt, rule) => expect(softwareStatement(jwt)).toEqual([{ at: '', rule }]));

  it.each([
    {},
    { alg: null },
    { alg: '' },
    { alg: 1 },
    { alg: ['RS256'] },
    { alg: 'none' },
    { alg: 'None' },
    { alg: 'NONE' },
    { alg: 'RS256\n' },
    { typ: 'JWT' },
  ])('must be signed: %j (RFC 7591 section 2.3)', (header) =>
    expect(softwareStatement(statement(header, CLAIMS))).toEqual([{ at: '', rule: 'must be signed' }]),
  );

  it.each([{}, { iss: null }, { iss: '' }, { iss: 1 }, { iss: ['a'] }, { iss: 'a\n' }, { sub: 'a' }, EXAMPLE])(
    'must have an issuer: %j (RFC 7591 section 2.3)',
    (claims) =>
      expect(softwareStatement(statement(HEADER, claims))).toEqual([{ at: '', rule: 'must have an issuer in iss' }]),
  );

  it.each([
    ['iss', statement(HEADER, '{"__proto__":{"iss":"a"}}'), 'must have an issuer in iss'],
    ['alg', statement('{"__proto__":{"alg":"RS256"}}', CLAIMS), 'must be signed'],
  ])('does not inherit %s', (_member, jwt, rule) => expect(softwareStatement(jwt)).toEqual([{ at: '', rule }]));

  it('has a verdict on 1 MB', () => {
    expect(softwareStatement('.'.repeat(1_000_000))).toEqual([{ at: '', rule: COMPACT }]);
    expect(softwareStatement(`${'a'.repeat(1_000_000)}.abcd.abcd`)).toEqual([{ at: '', rule: OBJECTS }]);
    expect(softwareStatement(statement('['.repeat(1_000_000), CLAIMS))).toEqual([{ at: '', rule: OBJECTS }]);
  });
});
