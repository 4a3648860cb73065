import { ofField, type ConsistencyRule } from './consistency-rule.js';
import { NONE } from './metadata-rule.js';

/** The grant type of CIBA (CIBA section 4). */
export const CIBA_GRANT = 'urn:openid:params:grant-type:ciba';

/** What client-initiated backchannel authentication needs (CIBA section 4). */
export const backchannelAuthenticationRules: readonly ConsistencyRule[] = [
  {
    reads: ['backchannel_token_delivery_mode', 'grant_types'],
    check: ({ grant_types: grants = [], backchannel_token_delivery_mode: mode }) =>
      grants.includes(CIBA_GRANT) && mode === undefined
        ? ofField('backchannel_token_delivery_mode', `is required with the grant type ${CIBA_GRANT}`)
        : NONE,
  },
  {
    reads: ['backchannel_client_notification_endpoint', 'backchannel_token_delivery_mode'],
    check: ({ backchannel_token_delivery_mode: mode, backchannel_client_notification_endpoint: endpoint }) =>
      (mode === 'ping' || mode === 'push') && endpoint === undefined
        ? ofField(
            'backchannel_client_notification_endpoint',
            `is required with backchannel_token_delivery_mode ${mode}`,
          )
        : NONE,
  },
];
