import type { ServerCapabilities } from '../../server.capabilities.js';
import { MetadataField } from '../metadata-field.decorator.js';
import { IsDisplayText, IsDisplayTextList, IsHttpsUri, IsTextList, IsWebUri } from '../metadata-rule.decorators.js';
import { BackchannelAuthenticationMetadata } from './backchannel-authentication.dto.js';
import { TEXT, TEXT_LIST, URI } from './field-options.js';

const INFORMATION = 'OpenID Federation section 5.2.2';
const offered = (server: ServerCapabilities) => server.federation.offered;

/** OpenID Federation 1.0 section 5. */
export class FederationMetadata extends BackchannelAuthenticationMetadata {
  /** How the client registers within a federation (OpenID Federation section 5.1.2). */
  @MetadataField({
    spec: 'OpenID Federation section 5.1.2',
    ...TEXT_LIST,
    supported: (server) => server.federation.clientRegistrationTypes,
  })
  @IsTextList()
  client_registration_types?: string[];

  /** Where the client publishes its public keys as a signed JWT; excludes `jwks` and `jwks_uri` (OpenID Federation section 5.2.1). */
  @MetadataField({ spec: 'OpenID Federation section 5.2.1', ...URI, offered })
  @IsHttpsUri()
  signed_jwks_uri?: string;

  /** Name of the organization behind the client (OpenID Federation section 5.2.2). */
  @MetadataField({ spec: INFORMATION, ...TEXT, languageTags: true, offered })
  @IsDisplayText()
  organization_name?: string;

  /** What the client does, for people (OpenID Federation section 5.2.2). */
  @MetadataField({ spec: INFORMATION, ...TEXT, languageTags: true, offered })
  @IsDisplayText()
  description?: string;

  /** Words to find the client by (OpenID Federation section 5.2.2). */
  @MetadataField({ spec: INFORMATION, ...TEXT_LIST, languageTags: true, offered })
  @IsDisplayTextList()
  keywords?: string[];

  /** More about the client, for people (OpenID Federation section 5.2.2). */
  @MetadataField({ spec: INFORMATION, ...URI, languageTags: true, offered })
  @IsWebUri()
  information_uri?: string;

  /** Page of the organization (OpenID Federation section 5.2.2). */
  @MetadataField({ spec: INFORMATION, ...URI, languageTags: true, offered })
  @IsWebUri()
  organization_uri?: string;
}
