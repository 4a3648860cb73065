import { describe, expect, it } from 'vitest';
import { isReturned, responseTypeInOrder } from '../../lib/client-metadata/response-type.js';

describe('response type as a set (OAuth 2.0 Multiple Response Types section 3)', () => {
  it.each([
    ['code', 'code'],
    ['token id_token code', 'code id_token token'],
    [' id_token  token ', 'id_token token'],
    ['token token', 'token'],
    ['', ''],
  ])('%j is %j', (type, ordered) => expect(responseTypeInOrder(type)).toBe(ordered));
});

describe('answer of the authorization endpoint (OAuth 2.0 Multiple Response Types section 3)', () => {
  it.each<[string, string[]]>([
    ['code', ['code']],
    ['token', ['code', 'id_token token']],
    ['id_token', ['code id_token']],
    ['id_token', ['none', 'id_token']],
  ])('contains %s with %j', (word, types) => expect(isReturned(word, types)).toBe(true));

  it.each<[string, string[] | undefined]>([
    ['code', undefined],
    ['code', []],
    ['token', ['code', 'none', '']],
    // A word of its own, not a part of another one.
    ['token', ['id_token', 'code id_token']],
    ['id_token', ['id_tokens', 'token']],
    ['code', ['codex', 'Code']],
  ])('does not contain %s with %j', (word, types) => expect(isReturned(word, types)).toBe(false));
});
