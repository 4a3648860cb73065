import { describe, expect, it } from 'vitest';
import type { ClientMetadata } from '../../lib/client-metadata/client-metadata.dto.js';
import { logoutRules } from '../../lib/client-metadata/logout.rules.js';
import { DEFAULT_REDIRECT_URIS } from '../../lib/dynamic-registration.options.js';
import { serverCapabilities } from '../../lib/server.capabilities.js';

const broken = (metadata: ClientMetadata) =>
  logoutRules
    .flatMap(({ check }) => check(metadata, { redirectUris: DEFAULT_REDIRECT_URIS, server: serverCapabilities() }))
    .map(({ field, at, rule }) => `${field}${at} ${rule}`);

describe('logout page of the front channel (OpenID Connect Front-Channel Logout section 2)', () => {
  const ORIGIN = 'frontchannel_logout_uri must have the scheme, host and port of one of redirect_uris';

  it.each<[string, string[]]>([
    ['https://tides.example/logout', ['https://tides.example/cb']],
    ['https://tides.example', ['https://other.example/cb', 'https://tides.example/cb']],
    ['https://tides.example/logout?x=1', ['https://tides.example']],
    ['https://TIDES.example/logout', ['HTTPS://tides.Example/cb']],
    ['https://tides.example:443/logout', ['https://tides.example/cb']],
    ['https://tides.example/logout', ['https://tides.example:443/cb']],
    ['https://tides.example:8443/logout', ['https://tides.example:8443/cb']],
    ['http://localhost/logout', ['http://localhost:80/cb']],
    ['http://[::1]:3000/logout', ['http://[::1]:3000/cb']],
  ])('%s has the origin of one of %j', (frontchannel_logout_uri, redirect_uris) =>
    expect(broken({ frontchannel_logout_uri, redirect_uris })).toEqual([]),
  );

  it.each<[string, string[] | undefined]>([
    ['https://tides.example/logout', undefined],
    ['https://tides.example/logout', []],
    ['https://tides.example/logout', ['https://other.example/cb']],
    ['https://tides.example/logout', ['https://login.tides.example/cb']],
    ['https://tides.example/logout', ['https://tides.example.evil.example/cb']],
    ['https://tides.example/logout', ['https://tides.example:8443/cb']],
    ['https://tides.example:80/logout', ['https://tides.example/cb']],
    ['http://localhost:443/logout', ['https://localhost/cb']],
    ['http://localhost/logout', ['https://localhost/cb']],
    ['http://localhost:3000/logout', ['http://localhost:3001/cb']],
    ['http://127.0.0.1/logout', ['http://localhost/cb']],
    ['https://tides.example/logout', ['com.example.tides://tides.example/cb', 'com.example.tides:/cb']],
    // What is no redirection URI lends its origin to nothing.
    ['https://tides.example/logout', ['https://tides.example/cb#a']],
  ])('%s has not the origin of one of %j', (frontchannel_logout_uri, redirect_uris) =>
    expect(broken({ frontchannel_logout_uri, ...(redirect_uris && { redirect_uris }) })).toEqual([ORIGIN]),
  );

  it('is nothing to judge when it is absent, or refused before', () => {
    expect(broken({ redirect_uris: ['https://tides.example/cb'] })).toEqual([]);
    expect(broken({ frontchannel_logout_uri: '/logout', redirect_uris: ['https://tides.example/cb'] })).toEqual([]);
  });
});

describe.each(['frontchannel', 'backchannel'] as const)('session in the %s', (channel) => {
  const [uri, isRequired] = [`${channel}_logout_uri`, `${channel}_logout_session_required`] as const;
  const redirect_uris = ['https://tides.example/cb'];

  it(`needs ${uri}`, () => {
    expect(broken({ [isRequired]: true, redirect_uris })).toEqual([`${isRequired} needs ${uri}`]);
    expect(broken({ [isRequired]: true, [uri]: 'https://tides.example/logout', redirect_uris })).toEqual([]);
  });

  it('need not be required', () => {
    expect(broken({ [isRequired]: false, redirect_uris })).toEqual([]);
    expect(broken({ [isRequired]: false, [uri]: 'https://tides.example/logout', redirect_uris })).toEqual([]);
  });

  it('is not had from the other channel', () => {
    const other = channel === 'frontchannel' ? 'backchannel_logout_uri' : 'frontchannel_logout_uri';
    expect(broken({ [isRequired]: true, [other]: 'https://tides.example/logout', redirect_uris })).toEqual([
      `${isRequired} needs ${uri}`,
    ]);
  });
});

describe('http (RP-Initiated Logout section 3.1)', () => {
  const CONFIDENTIAL = 'must use https in a public client';
  const http = 'http://localhost/logout';
  const redirect_uris = ['http://localhost/cb', 'https://tides.example/cb'];

  it.each(['frontchannel_logout_uri'] as const)('is for confidential clients alone in %s', (field) => {
    const client = { [field]: http, redirect_uris };
    expect(broken({ ...client, token_endpoint_auth_method: 'none' })).toEqual([`${field} ${CONFIDENTIAL}`]);
    expect(broken({ ...client, [field]: 'HTTP://localhost/', token_endpoint_auth_method: 'none' })).toEqual([
      `${field} ${CONFIDENTIAL}`,
    ]);
    // A native client without a secret is a public one.
    expect(broken({ ...client, token_endpoint_auth_method: 'none', application_type: 'native' })).toEqual([
      `${field} ${CONFIDENTIAL}`,
    ]);
    for (const method of ['client_secret_basic', 'private_key_jwt', 'tls_client_auth']) {
      expect(broken({ ...client, token_endpoint_auth_method: method })).toEqual([]);
    }
    expect(broken({ ...client, [field]: 'https://tides.example/logout', token_endpoint_auth_method: 'none' })).toEqual(
      [],
    );
  });

  it('is for confidential and native clients alone in post_logout_redirect_uris', () => {
    const client = {
      post_logout_redirect_uris: ['https://tides.example/', http, 'HTTP://127.0.0.1/', 'com.example:/'],
    };
    const refusals = [1, 2].map((i) => `post_logout_redirect_uris[${i}] ${CONFIDENTIAL}`);
    expect(broken({ ...client, token_endpoint_auth_method: 'none' })).toEqual(refusals);
    expect(broken({ ...client, token_endpoint_auth_method: 'none', application_type: 'web' })).toEqual(refusals);
    // RFC 8252 section 7.3: a native client listens there.
    expect(broken({ ...client, token_endpoint_auth_method: 'none', application_type: 'native' })).toEqual([]);
    expect(broken({ ...client, token_endpoint_auth_method: 'client_secret_basic', application_type: 'web' })).toEqual(
      [],
    );
  });

  it('is nothing to judge without a URI', () => expect(broken({ token_endpoint_auth_method: 'none' })).toEqual([]));
});
