import { describe, expect, it } from 'vitest';
import { taggedName } from '../../lib/client-metadata/language-tag.js';

describe('language tag (RFC 7591 section 2.2, RFC 5646 section 2.1)', () => {
  it.each([
    'ja',
    'de-CH',
    'ja-Jpan-JP',
    'PT-br',
    'zh-yue-HK',
    'sl-rozaj-biske',
    'de-1996',
    'de-CH-1901',
    'es-419',
    'en-a-bbb-x-a',
    'de-u-co-phonebk',
    'x-whatever',
    'qaa-Qaaa-QM-x-southern',
    'abcd',
    `x-${'a'.repeat(8)}`,
  ])('reads %s', (tag) => expect(taggedName(`client_name#${tag}`)).toEqual({ base: 'client_name', tag }));

  it.each([
    'client_name',
    '',
    'client_name#',
    'client_name#j',
    'client_name#ja_JP',
    'client_name#ja-',
    'client_name#-ja',
    'client_name#ja--JP',
    'client_name#ja#de',
    'client_name# ja',
    'client_name#ja ',
    'client_name#ja\n',
    'client_name#日本',
    'client_name#abcdefghi',
    'client_name#de-x',
    'client_name#de-u',
    `client_name#x-${'a-'.repeat(40)}a`,
  ])('is none in %j', (name) => expect(taggedName(name)).toBeUndefined());

  it('cuts at the first number sign', () => {
    expect(taggedName('#ja')).toEqual({ base: '', tag: 'ja' });
    expect(taggedName('__proto__#ja')).toEqual({ base: '__proto__', tag: 'ja' });
  });

  it('has a verdict on 1 MB', () => {
    expect(taggedName(`a#${'a1b2-'.repeat(200_000)}!`)).toBeUndefined();
    expect(taggedName(`a#en${'-aaaaa'.repeat(10)}!`)).toBeUndefined();
  });
});
