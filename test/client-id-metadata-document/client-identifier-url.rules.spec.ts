import { describe, expect, it } from 'vitest';
import { clientIdentifierHost, isHostOf } from '../../lib/client-id-metadata-document/client-identifier-url.rules.js';

describe('client identifier URL (OAuth Client ID Metadata Document section 3)', () => {
  it.each([
    ['https://client.example/', 'client.example'],
    ['https://client.example/client.json', 'client.example'],
    ['https://client.example/a/b?version=2', 'client.example'],
    ['https://client.example:8443/client.json', 'client.example:8443'],
    ['https://xn--bcher-kva.example/client.json', 'xn--bcher-kva.example'],
    ['https://[2606:4700::1111]/client.json', '[2606:4700::1111]'],
  ])('is %s', (url, host) => expect(clientIdentifierHost(url, false)).toBe(host));

  it.each([
    ['no path', 'https://client.example'],
    ['no path before a query', 'https://client.example?a=b'],
    ['http', 'http://client.example/client.json'],
    ['http on a loopback host', 'http://127.0.0.1/client.json'],
    ['an upper-case scheme', 'HTTPS://client.example/client.json'],
    ['another scheme', 'ftp://client.example/client.json'],
    ['no URL', 'c_8Yt2'],
    ['the empty string', ''],
    ['a fragment', 'https://client.example/client.json#a'],
    ['an empty fragment', 'https://client.example/client.json#'],
    ['user information', 'https://user@client.example/client.json'],
    ['a password', 'https://user:pass@client.example/client.json'],
    ['a dot segment', 'https://client.example/./client.json'],
    ['two dots', 'https://client.example/a/../client.json'],
    ['an encoded dot segment', 'https://client.example/a/%2e%2E/client.json'],
    ['white space', 'https://client.example/client.json '],
    ['a line end', 'https://client.example/client.json\n'],
    ['a backslash', 'https://client.example\\@evil.example/client.json'],
    ['a host in Unicode', 'https://bücher.example/client.json'],
    ['a host of numbers', 'https://2130706433/client.json'],
    ['no host', 'https:///client.json'],
    ['more than 255 characters', `https://client.example/${'a'.repeat(233)}`],
  ])('is not one with %s', (_what, url) => expect(clientIdentifierHost(url, false)).toBeUndefined());

  it('may be http on a loopback host for development', () => {
    expect(clientIdentifierHost('http://localhost:5173/client.json', true)).toBe('localhost:5173');
    expect(clientIdentifierHost('http://client.example/client.json', true)).toBeUndefined();
  });
});

describe('hosts whose documents are read', () => {
  const hosts = ['claude.ai', '*.example.com', '*.example.org:8443'];

  it.each(['claude.ai', 'a.example.com', 'a.b.example.com', 'a.example.org:8443'])('are %s', (host) =>
    expect(isHostOf(hosts, host)).toBe(true),
  );

  it.each([
    'evilclaude.ai',
    'claude.ai:8443',
    'a.example.org',
    'a.example.org:443',
    'claude.ai.evil.example',
    'www.claude.ai',
    'example.com',
    'evilexample.com',
    'com',
    '',
  ])('are not %s', (host) => expect(isHostOf(hosts, host)).toBe(false));
});
