import { MetadataField } from '../metadata-field.decorator.js';
import { IsCallbackUri, IsFlag, IsHttpsUri, IsRedirectUriList } from '../metadata-rule.decorators.js';
import { FLAG, URI, URI_LIST } from './field-options.js';
import { OpenIdConnectMetadata } from './openid-connect.dto.js';
import type { ServerCapabilities } from '../../server.capabilities.js';

const FRONTCHANNEL = 'OpenID Connect Front-Channel Logout section 2';
const BACKCHANNEL = 'OpenID Connect Back-Channel Logout section 2.2';
const frontchannel = (server: ServerCapabilities) => server.logout.frontchannel;
const backchannel = (server: ServerCapabilities) => server.logout.backchannel;

/** OpenID Connect RP-Initiated, Front-Channel and Back-Channel Logout 1.0. */
export class LogoutMetadata extends OpenIdConnectMetadata {
  /** Page of the client that ends its session, in a frame; of the origin of a redirection URI (Front-Channel Logout section 2). */
  @MetadataField({ spec: FRONTCHANNEL, ...URI, offered: frontchannel })
  @IsCallbackUri()
  frontchannel_logout_uri?: string;

  /** Whether that page is told the issuer and the session (Front-Channel Logout section 2). */
  @MetadataField({ spec: FRONTCHANNEL, ...FLAG, offered: frontchannel })
  @IsFlag()
  frontchannel_logout_session_required?: boolean;

  /** Where the server posts Logout Tokens, so that http on a loopback host would be the server's own machine (Back-Channel Logout section 2.2). */
  @MetadataField({ spec: BACKCHANNEL, ...URI, offered: backchannel })
  @IsHttpsUri()
  backchannel_logout_uri?: string;

  /** Whether a Logout Token has to name the session (Back-Channel Logout section 2.2). */
  @MetadataField({ spec: BACKCHANNEL, ...FLAG, offered: backchannel })
  @IsFlag()
  backchannel_logout_session_required?: boolean;

  /** Where a person may be sent after logout, by the rules of redirection URIs (RP-Initiated Logout section 3.1). */
  @MetadataField({
    spec: 'OpenID Connect RP-Initiated Logout section 3.1',
    ...URI_LIST,
    offered: (server) => server.logout.rpInitiated,
  })
  @IsRedirectUriList()
  post_logout_redirect_uris?: string[];
}
