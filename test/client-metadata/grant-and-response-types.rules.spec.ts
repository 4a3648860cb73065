import { describe, expect, it } from 'vitest';
import {
  consistentTypes,
  repairedTypes,
  typeViolations,
} from '../../lib/client-metadata/grant-and-response-types.rules.js';

type List = string[] | undefined;

const CODE = 'authorization_code';
const CIBA = 'urn:openid:params:grant-type:ciba';
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
    [[CIBA], undefined, [CIBA], []],
  ])('%j and %j are %j and %j', (grants, responses, grantTypes, responseTypes) => {
    const types = consistentTypes(given(grants, responses), supported);
    expect(types).toEqual({ grantTypes, responseTypes });
    expect(typeViolations(types)).toEqual([]);
  });

  it.each<[List, List, string, string, string]>([
    [[CODE], [], 'grant_types', '[0]', 'needs a response type of the authorization_code grant in response_types'],
    [
      ['refresh_token', 'implicit'],
      ['none'],
      'grant_types',
      '[1]',
      'needs a response type of the implicit grant in response_types',
    ],
    [[CODE], ['code', 'code id_token'], 'response_types', '[1]', 'needs implicit in grant_types'],
    [[], ['token'], 'response_types', '[0]', 'needs implicit in grant_types'],
    [['client_credentials'], ['code'], 'response_types', '[0]', 'needs authorization_code in grant_types'],
  ])('%j and %j are refused: %s%s %s', (grants, responses, field, at, rule) =>
    expect(typeViolations(consistentTypes(given(grants, responses), supported))).toEqual([{ field, at, rule }]),
  );

  it('are refused with every mistake, those of the response types first', () =>
    expect(typeViolations({ grantTypes: ['implicit'], responseTypes: ['code', 'none', 'code'] })).toEqual([
      { field: 'response_types', at: '[0]', rule: 'needs authorization_code in grant_types' },
      { field: 'response_types', at: '[2]', rule: 'needs authorization_code in grant_types' },
      { field: 'grant_types', at: '[0]', rule: 'needs a response type of the implicit grant in response_types' },
    ]));

  it('derives no response type for the implicit grant where the server has none for it alone', () =>
    expect(typeViolations(consistentTypes({ grantTypes: ['implicit'] }, ['code', 'code token']))).toEqual([
      { field: 'grant_types', at: '[0]', rule: 'needs a response type of the implicit grant in response_types' },
    ]));
});

describe('grant and response types that disagree, repaired (RFC 7591 section 2.1)', () => {
  it.each<[string[], string[]]>([
    [['implicit'], ['none']],
    [[CODE], []],
    [['refresh_token', CODE], []],
  ])('%j with %j stay as they are: nothing usable would remain', (grantTypes, responseTypes) => {
    const types = { grantTypes, responseTypes };
    expect(repairedTypes(types)).toEqual(types);
    expect(typeViolations(types)).not.toEqual([]);
  });

  it.each<[string[], string[], string[]]>([
    // A grant type that is missing is added, at the end.
    [['client_credentials'], ['code'], ['client_credentials', CODE]],
    [[], ['token'], ['implicit']],
    [[CODE], ['code', 'code id_token'], [CODE, 'implicit']],
    [['refresh_token'], ['code token'], ['refresh_token', CODE, 'implicit']],
    // One that no response type serves is left out.
    [['implicit', CODE], ['code'], [CODE]],
    [[CODE, 'client_credentials'], [], ['client_credentials']],
    // Both at once.
    [['implicit', 'refresh_token'], ['code'], ['refresh_token', CODE]],
    // What agrees stays, in its order.
    [
      ['implicit', CODE],
      ['code', 'token'],
      ['implicit', CODE],
    ],
    [['refresh_token', CODE], ['code'], ['refresh_token', CODE]],
    [['client_credentials', CIBA], [], ['client_credentials', CIBA]],
    [['client_credentials'], ['none'], ['client_credentials']],
    [[], [], []],
  ])('%j with %j become %j', (grantTypes, responseTypes, repaired) => {
    const types = repairedTypes({ grantTypes, responseTypes });
    expect(types).toEqual({ grantTypes: repaired, responseTypes });
    expect(typeViolations(types)).toEqual([]);
    expect(repairedTypes(types)).toEqual(types);
  });
});
