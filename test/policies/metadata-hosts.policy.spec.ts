import { MetadataHostsPolicy } from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { verdict } from './verdict.js';

const refusing = new (MetadataHostsPolicy.of())();
const dropping = new (MetadataHostsPolicy.of({ onMismatch: 'drop', jwksUri: true }))();

const CLIENT = {
  redirect_uris: ['https://tides.example/cb', 'https://app.tides.example/cb', 'http://127.0.0.1/cb'],
};

describe('hosts of pages and pictures (RFC 7591 section 5)', () => {
  it.each([
    'https://tides.example/',
    'https://TIDES.example/',
    'https://tides.example:8443/',
    'https://app.tides.example/logo.png',
    'http://127.0.0.1:49152/logo.png',
    null,
    '',
  ])('may be that of %s', async (uri) => {
    const metadata: object = { ...CLIENT, client_uri: uri, logo_uri: uri, tos_uri: uri, policy_uri: uri };
    await expect(verdict(refusing, metadata)).resolves.toEqual(metadata);
    await expect(verdict(dropping, metadata)).resolves.toEqual(metadata);
  });

  it.each([
    'https://evil.test/',
    'https://eviltides.example/',
    'https://tides.example.evil.test/',
    'https://www.tides.example/',
    'https://tides.example./',
    'https://evil.test/https://tides.example/',
    'https://tides.example@evil.test/',
    'http://localhost/',
    'tides.example',
  ])('must not be that of %s', async (uri) => {
    const refusal = 'invalid_client_metadata: logo_uri must have the host of a redirect URI';
    await expect(verdict(refusing, { ...CLIENT, logo_uri: uri })).resolves.toBe(refusal);
    await expect(verdict(dropping, { ...CLIENT, logo_uri: uri })).resolves.toEqual(CLIENT);
  });

  it.each(['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'client_uri#de', 'logo_uri#zh-Hans', 'tos_uri#en-GB'])(
    'hold for %s',
    async (name) => {
      const metadata: object = { ...CLIENT, client_name: 'Tides', [name]: 'https://evil.test/' };
      const refusal = `invalid_client_metadata: ${name} must have the host of a redirect URI`;
      await expect(verdict(refusing, metadata)).resolves.toBe(refusal);
      await expect(verdict(dropping, metadata)).resolves.toEqual({ ...CLIENT, client_name: 'Tides' });
    },
  );

  it('leave the languages alone that are at home', async () => {
    const client_uri = 'https://tides.example/';
    const metadata: object = { ...CLIENT, client_uri, 'client_uri#de': 'https://evil.test/' };
    await expect(verdict(dropping, metadata)).resolves.toEqual({ ...CLIENT, client_uri });
  });

  it('are not proved by what a private-use URI calls its host', async () => {
    const metadata = { redirect_uris: ['com.evil.app://bank.example/cb'], client_uri: 'https://bank.example/' };
    const refusal = 'invalid_client_metadata: client_uri must have the host of a redirect URI';
    await expect(verdict(refusing, metadata)).resolves.toBe(refusal);
  });

  it('are those of nobody in a client without redirect URIs', async () => {
    const metadata = { redirect_uris: [], client_uri: 'https://bank.example/' };
    await expect(verdict(refusing, metadata)).resolves.toMatch(/^invalid_client_metadata: client_uri /);
    await expect(verdict(dropping, metadata)).resolves.toEqual({ redirect_uris: [] });
  });

  it('hold for jwks_uri where that is asked for, and a client never loses its keys', async () => {
    const metadata = { ...CLIENT, jwks_uri: 'https://keys.example/jwks' };
    const refusal = 'invalid_client_metadata: jwks_uri must have the host of a redirect URI';
    await expect(verdict(dropping, metadata)).resolves.toBe(refusal);
    await expect(verdict(refusing, metadata)).resolves.toEqual(metadata);
  });
});

describe('options of MetadataHostsPolicy', () => {
  it.each<[string, unknown, string]>([
    ['another word', { onMismatch: 'warn' }, '"MetadataHostsPolicy.onMismatch" must be refuse or drop'],
    ['a flag as text', { jwksUri: 'true' }, '"MetadataHostsPolicy.jwksUri" must be true or false'],
  ])('stop the start with %s', (_, options, message) => {
    expect(() => MetadataHostsPolicy.of(options as object)).toThrow(new Error(`DynamicRegistrationModule: ${message}`));
  });
});
