import { MetadataField } from '../metadata-field.decorator.js';
import { IsFlag, IsTextList } from '../metadata-rule.decorators.js';
import { FLAG, TEXT_LIST } from './field-options.js';
import { MutualTlsMetadata } from './mutual-tls.dto.js';

/** How the client asks for authorization: RFC 9101 (request objects), RFC 9126 (pushed requests), RFC 9396 (rich requests). */
export class AuthorizationRequestMetadata extends MutualTlsMetadata {
  /** Whether requests without a signed request object are refused (RFC 9101 section 10.5). */
  @MetadataField({ spec: 'RFC 9101 section 10.5', ...FLAG, offered: (server) => server.requestObjects.offered })
  @IsFlag()
  require_signed_request_object?: boolean;

  /** Whether requests that were not pushed are refused (RFC 9126 section 6). */
  @MetadataField({ spec: 'RFC 9126 section 6', ...FLAG, offered: (server) => server.pushedAuthorizationRequests })
  @IsFlag()
  require_pushed_authorization_requests?: boolean;

  /** Types of authorization details the client uses (RFC 9396 section 10). */
  @MetadataField({
    spec: 'RFC 9396 section 10',
    ...TEXT_LIST,
    supported: (server) => server.authorizationDetailsTypes,
  })
  @IsTextList()
  authorization_details_types?: string[];
}
