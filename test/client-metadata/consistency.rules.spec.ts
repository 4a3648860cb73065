import { describe, expect, it } from 'vitest';
import {
  consistentTypes,
  refuseTwoKeySources,
  requireRedirectUri,
  responseTypeInOrder,
} from '../../lib/client-metadata/consistency.rules.js';
import { InvalidClientMetadataError, InvalidRedirectUriError } from '../../lib/errors/registration.error.js';

type List = string[] | undefined;

const CODE = 'authorization_code';
const given = (grantTypes: List, responseTypes: List) => ({
  ...(grantTypes && { grantTypes }),
  ...(responseTypes && { responseTypes }),
});

describe('grant and response types (RFC 7591 section 2.1)', () => {
  const supported = ['code', 'code id_token', 'id_token token', 'token'];

  it.each<[List, List, string[], string[]]>([
    [undefined, undefined, [CODE], ['code']],
    [[CODE], undefined, [CODE], ['code']],
    [undefined, ['code'], [CODE], ['code']],
    [undefined, ['token'], ['implicit'], ['token']],
    [undefined, ['id_token'], ['implicit'], ['id_token']],
    [undefined, ['code token'], [CODE, 'implicit'], ['code token']],
    [undefined, ['code', 'token'], [CODE, 'implicit'], ['code', 'token']],
    [undefined, ['none'], [], ['none']],
    [undefined, [], [], []],
    [['implicit'], undefined, ['implicit'], ['id_token token']],
    [[CODE, 'implicit'], undefined, [CODE, 'implicit'], ['code', 'id_token token']],
    [['client_credentials'], undefined, ['client_credentials'], []],
    [['refresh_token', 'client_credentials'], [], ['refresh_token', 'client_credentials'], []],
    [[CODE, 'implicit'], ['code id_token'], [CODE, 'implicit'], ['code id_token']],
    [['client_credentials'], ['none'], ['client_credentials'], ['none']],
  ])('%j and %j are %j and %j', (grants, responses, grantTypes, responseTypes) =>
    expect(consistentTypes(given(grants, responses), supported)).toEqual({ grantTypes, responseTypes }),
  );

  it.each<[List, List, string]>([
    [[CODE], [], 'grant_types[0] needs a response type of the authorization_code grant in response_types'],
    [
      ['refresh_token', 'implicit'],
      ['none'],
      'grant_types[1] needs a response type of the implicit grant in response_types',
    ],
    [['client_credentials'], ['code'], 'response_types[0] needs authorization_code in grant_types'],
    [[CODE], ['code', 'code id_token'], 'response_types[1] needs implicit in grant_types'],
    [[], ['token'], 'response_types[0] needs implicit in grant_types'],
  ])('%j and %j are refused: %s', (grants, responses, message) =>
    expect(() => consistentTypes(given(grants, responses), supported)).toThrow(new InvalidClientMetadataError(message)),
  );

  it('derives no response type for the implicit grant where the server has none for it alone', () =>
    expect(() => consistentTypes({ grantTypes: ['implicit'] }, ['code', 'code token'])).toThrow(
      new InvalidClientMetadataError('grant_types[0] needs a response type of the implicit grant in response_types'),
    ));
});

describe('response type as a set (OAuth 2.0 Multiple Response Types section 3)', () => {
  it.each([
    ['code', 'code'],
    ['token id_token code', 'code id_token token'],
    [' id_token  token ', 'id_token token'],
    ['token token', 'token'],
    ['', ''],
  ])('%j is %j', (type, ordered) => expect(responseTypeInOrder(type)).toBe(ordered));
});

describe('redirection URIs (RFC 7591 section 2)', () => {
  it.each<[string[], string[]]>([
    [['https://tides.example/cb'], ['code']],
    [['https://tides.example/cb'], []],
    [[], []],
  ])('%j are enough for %j', (uris, types) => expect(() => requireRedirectUri(uris, types)).not.toThrow());

  it('are required with a response type', () =>
    expect(() => requireRedirectUri([], ['none'])).toThrow(InvalidRedirectUriError));
});

describe('sources of keys (RFC 7591 section 2)', () => {
  it.each([{}, { jwks: {} }, { jwks_uri: 'https://tides.example/jwks' }])('%j is at most one', (metadata) =>
    expect(() => refuseTwoKeySources(metadata)).not.toThrow(),
  );
  it('two are refused', () =>
    expect(() => refuseTwoKeySources({ jwks: {}, jwks_uri: 'x' })).toThrow(
      new InvalidClientMetadataError('jwks must not be present together with jwks_uri'),
    ));
});
