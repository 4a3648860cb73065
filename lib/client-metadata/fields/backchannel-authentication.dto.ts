import type { ServerCapabilities } from '../../server.capabilities.js';
import { MetadataField } from '../metadata-field.decorator.js';
import { IsFlag, IsHttpsUri, IsOneOf, IsText } from '../metadata-rule.decorators.js';
import { AuthorizationResponseMetadata } from './authorization-response.dto.js';
import { FLAG, TEXT, URI } from './field-options.js';

const spec = 'CIBA section 4';
const offered = (server: ServerCapabilities) => server.ciba.offered;

/** OpenID Connect Client-Initiated Backchannel Authentication Flow (CIBA) section 4. */
export class BackchannelAuthenticationMetadata extends AuthorizationResponseMetadata {
  /** How the client gets its tokens; needed with the grant type of CIBA (CIBA section 4). */
  @MetadataField({ spec, ...TEXT, supported: (server) => server.ciba.deliveryModes })
  @IsOneOf('poll', 'ping', 'push')
  backchannel_token_delivery_mode?: string;

  /** Where the server calls the client; needed with `ping` and `push` (CIBA section 4). */
  @MetadataField({ spec, ...URI, offered })
  @IsHttpsUri()
  backchannel_client_notification_endpoint?: string;

  /** Signs authentication requests, which are unsigned without it (CIBA section 4). */
  @MetadataField({
    spec,
    ...TEXT,
    supported: (server) => server.ciba.requestSigningAlgs,
    algorithm: 'signed-by-client',
  })
  @IsText()
  backchannel_authentication_request_signing_alg?: string;

  /** Whether the client sends a code that its user knows (CIBA section 4). */
  @MetadataField({ spec, ...FLAG, offered: (server) => server.ciba.userCode })
  @IsFlag()
  backchannel_user_code_parameter?: boolean;
}
