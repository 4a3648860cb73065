import { describe, expect, it } from 'vitest';
import type { ClientMetadata } from '../../lib/client-metadata/client-metadata.dto.js';
import { subjectTypeRules, urisOfSector } from '../../lib/client-metadata/subject-type.rules.js';
import { DEFAULT_REDIRECT_URIS } from '../../lib/dynamic-registration.options.js';
import { serverCapabilities } from '../../lib/server.capabilities.js';

type Members = Partial<ClientMetadata>;

const broken = (metadata: Members) =>
  subjectTypeRules
    .flatMap(({ check }) => check(metadata, { redirectUris: DEFAULT_REDIRECT_URIS, server: serverCapabilities() }))
    .map(({ field, at, rule }) => `${field}${at} ${rule}`);
const pairwise = (members: Members): Members => ({
  redirect_uris: [],
  grant_types: ['authorization_code'],
  token_endpoint_auth_method: 'private_key_jwt',
  ...members,
  subject_type: 'pairwise',
});
const needs = (...fields: string[]) => [`subject_type pairwise needs one host across ${fields.join(', ')}`];

const HERE = 'https://tides.example/a';
const SAME = 'https://TIDES.example:8443/b?c=d';
const ELSEWHERE = 'https://waves.example/a';
const CIBA = 'urn:openid:params:grant-type:ciba';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

describe('pairwise subjects (OpenID Connect Core section 8.1)', () => {
  it.each([
    pairwise({ redirect_uris: [HERE] }),
    pairwise({ redirect_uris: [HERE, SAME] }),
    // Acts for itself alone.
    pairwise({ grant_types: ['client_credentials'] }),
    // Keys elsewhere say nothing about who sees a subject.
    pairwise({ redirect_uris: [HERE], jwks_uri: ELSEWHERE, backchannel_client_notification_endpoint: ELSEWHERE }),
  ])('have one sector in %j', (metadata) => expect(broken(metadata)).toEqual([]));

  it.each([
    [[HERE, ELSEWHERE]],
    [[HERE, 'https://login.tides.example/a']],
    [['http://localhost/cb', 'http://127.0.0.1/cb']],
    // Without a host there is no sector (RFC 8252 section 7.1).
    [['com.example.tides:/cb']],
    // What follows a private-use scheme is no host: anybody may claim any name there.
    [['evil://tides.example/cb']],
    [[HERE, 'evil://tides.example/cb']],
    [[HERE, 'com.example.tides:/cb']],
  ])('are refused with %j', (redirect_uris) =>
    expect(broken(pairwise({ redirect_uris }))).toEqual(needs('redirect_uris')),
  );

  it.each(['public', undefined])('are no matter with the subject type %j', (subject_type) =>
    expect(broken({ redirect_uris: [HERE, ELSEWHERE], ...(subject_type && { subject_type }) })).toEqual([]),
  );
});

describe.each<[string, Members]>([
  ['poll mode', { grant_types: [CIBA], backchannel_token_delivery_mode: 'poll' }],
  ['ping mode', { grant_types: [CIBA], backchannel_token_delivery_mode: 'ping' }],
  ['no mode', { grant_types: [CIBA] }],
  ['the device grant', { grant_types: [DEVICE] }],
])('pairwise subjects with %s (CIBA section 4)', (_what, client) => {
  it('have the sector of jwks_uri', () => expect(broken(pairwise({ ...client, jwks_uri: HERE }))).toEqual([]));

  it.each(['none', 'client_secret_basic', 'tls_client_auth'])(
    'need a client that proves its keys, and not one by %s',
    (token_endpoint_auth_method) => {
      const foreign = { ...client, jwks_uri: HERE, token_endpoint_auth_method };
      expect(broken(pairwise(foreign))).toEqual([
        'subject_type pairwise needs a client that proves its keys where its sector is that of jwks_uri',
      ]);
      const signed = { ...foreign, backchannel_authentication_request_signing_alg: 'ES256' };
      expect(broken(pairwise(signed))).toEqual([]);
    },
  );

  it('have it with self-signed certificates', () =>
    expect(
      broken(pairwise({ ...client, jwks_uri: HERE, token_endpoint_auth_method: 'self_signed_tls_client_auth' })),
    ).toEqual([]));

  it('need it', () => {
    expect(broken(pairwise(client))).toEqual(needs('jwks_uri'));
    expect(broken(pairwise({ ...client, jwks: {}, backchannel_client_notification_endpoint: HERE }))).toEqual(
      needs('jwks_uri'),
    );
  });

  it('need one host across it and the redirection URIs', () => {
    const redirect_uris = [SAME];
    expect(broken(pairwise({ ...client, redirect_uris, jwks_uri: HERE }))).toEqual([]);
    expect(broken(pairwise({ ...client, redirect_uris, jwks_uri: ELSEWHERE }))).toEqual(
      needs('redirect_uris', 'jwks_uri'),
    );
  });
});

describe('pairwise subjects with push mode (CIBA section 4)', () => {
  const client: Members = { grant_types: [CIBA], backchannel_token_delivery_mode: 'push' };
  const endpoint = 'backchannel_client_notification_endpoint';

  it('have the sector of the notification endpoint', () => {
    expect(broken(pairwise({ ...client, [endpoint]: HERE }))).toEqual([]);
    expect(broken(pairwise({ ...client, [endpoint]: HERE, jwks_uri: ELSEWHERE }))).toEqual([]);
  });

  it('need it', () => expect(broken(pairwise({ ...client, jwks_uri: HERE }))).toEqual(needs(endpoint)));

  it('need one host across it, the redirection URIs, and jwks_uri with the device grant', () => {
    const both = { ...client, grant_types: [CIBA, DEVICE], [endpoint]: HERE, redirect_uris: [SAME] };
    expect(broken(pairwise({ ...both, jwks_uri: SAME }))).toEqual([]);
    expect(broken(pairwise({ ...both, jwks_uri: ELSEWHERE }))).toEqual(needs('redirect_uris', 'jwks_uri', endpoint));
  });
});

describe('sector identifier (OpenID Connect Registration section 5)', () => {
  const sector = { sector_identifier_uri: HERE, redirect_uris: [HERE, ELSEWHERE] };

  it.each(['public', 'pairwise'])('stands for one host with %s subjects', (subject_type) =>
    expect(broken({ subject_type, ...sector })).toEqual([]),
  );

  it('has to list every redirection URI', () =>
    expect(urisOfSector({ subject_type: 'public', jwks_uri: SAME, grant_types: [DEVICE], ...sector })).toEqual([
      { name: 'redirect_uris[0]', uri: HERE },
      { name: 'redirect_uris[1]', uri: ELSEWHERE },
    ]));

  it('has to list jwks_uri for pairwise subjects of the device grant, and of CIBA by poll and ping (CIBA section 4)', () => {
    const keys = [{ name: 'jwks_uri', uri: SAME }];
    expect(urisOfSector({ subject_type: 'pairwise', jwks_uri: SAME, grant_types: [DEVICE] })).toEqual(keys);
    const ciba = { subject_type: 'pairwise', jwks_uri: SAME, grant_types: [CIBA] };
    expect(urisOfSector({ ...ciba, backchannel_token_delivery_mode: 'poll' })).toEqual(keys);
  });

  it('has to list the notification endpoint for pairwise subjects of CIBA by push (CIBA section 4)', () =>
    expect(
      urisOfSector({
        subject_type: 'pairwise',
        jwks_uri: SAME,
        grant_types: [CIBA],
        backchannel_token_delivery_mode: 'push',
        backchannel_client_notification_endpoint: ELSEWHERE,
      }),
    ).toEqual([{ name: 'backchannel_client_notification_endpoint', uri: ELSEWHERE }]));
});
