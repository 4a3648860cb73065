import { describe, expect, it } from 'vitest';
import {
  backchannelAuthenticationRules,
  CIBA_GRANT,
} from '../../lib/client-metadata/backchannel-authentication.rules.js';
import type { ClientMetadata } from '../../lib/client-metadata/client-metadata.dto.js';
import { DEFAULT_REDIRECT_URIS } from '../../lib/dynamic-registration.options.js';
import { serverCapabilities } from '../../lib/server.capabilities.js';

const backchannel_client_notification_endpoint = 'https://tides.example/notify';
const broken = (metadata: ClientMetadata) =>
  backchannelAuthenticationRules.flatMap(({ check }) =>
    check(metadata, { redirectUris: DEFAULT_REDIRECT_URIS, server: serverCapabilities() }),
  );

describe('backchannel authentication (CIBA section 4)', () => {
  it('has the registered grant type', () => expect(CIBA_GRANT).toBe('urn:openid:params:grant-type:ciba'));

  it.each<ClientMetadata>([
    {},
    { grant_types: ['authorization_code'] },
    { grant_types: [CIBA_GRANT], backchannel_token_delivery_mode: 'poll' },
    { grant_types: [CIBA_GRANT], backchannel_token_delivery_mode: 'poll', backchannel_client_notification_endpoint },
    { grant_types: [CIBA_GRANT], backchannel_token_delivery_mode: 'ping', backchannel_client_notification_endpoint },
    { grant_types: [CIBA_GRANT], backchannel_token_delivery_mode: 'push', backchannel_client_notification_endpoint },
    // Of no use without the grant type, and no harm.
    { grant_types: ['authorization_code'], backchannel_token_delivery_mode: 'poll' },
    { backchannel_client_notification_endpoint },
  ])('has what it needs in %j', (metadata) => expect(broken(metadata)).toEqual([]));

  it.each([[[CIBA_GRANT]], [['authorization_code', CIBA_GRANT]]])('needs a delivery mode with %j', (grant_types) =>
    expect(broken({ grant_types })).toEqual([
      {
        field: 'backchannel_token_delivery_mode',
        at: '',
        rule: 'is required with the grant type urn:openid:params:grant-type:ciba',
      },
    ]),
  );

  it.each(['ping', 'push'])('needs an endpoint to %s', (mode) =>
    expect(broken({ grant_types: [CIBA_GRANT], backchannel_token_delivery_mode: mode })).toEqual([
      {
        field: 'backchannel_client_notification_endpoint',
        at: '',
        rule: `is required with backchannel_token_delivery_mode ${mode}`,
      },
    ]),
  );
});
