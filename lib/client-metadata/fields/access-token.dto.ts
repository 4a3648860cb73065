import type { ServerCapabilities } from '../../server.capabilities.js';
import { MetadataField } from '../metadata-field.decorator.js';
import { IsFlag, IsText } from '../metadata-rule.decorators.js';
import { AuthorizationRequestMetadata } from './authorization-request.dto.js';
import { contentEncryption, FLAG, keyEncryption, signature } from './field-options.js';

const spec = 'RFC 9701 section 6';
const introspection = (server: ServerCapabilities) => server.introspection;

/** Access tokens and what is said about them: RFC 9449 (DPoP), RFC 9701 (introspection responses as JWT). */
export class AccessTokenMetadata extends AuthorizationRequestMetadata {
  /** Whether token requests without a DPoP proof are refused (RFC 9449 section 5.2). */
  @MetadataField({ spec: 'RFC 9449 section 5.2', ...FLAG, offered: (server) => server.dpop })
  @IsFlag()
  dpop_bound_access_tokens?: boolean;

  /** Signs introspection responses to this client, which is a resource server then (RFC 9701 section 6). */
  @MetadataField({ spec, ...signature(introspection, 'signed-by-server'), prefers: 'RS256' })
  @IsText()
  introspection_signed_response_alg?: string;

  /** Encrypts the key of introspection responses (RFC 9701 section 6). */
  @MetadataField({ spec, ...keyEncryption(introspection, 'encrypted-to-client') })
  @IsText()
  introspection_encrypted_response_alg?: string;

  /** Encrypts the content of introspection responses (RFC 9701 section 6). */
  @MetadataField({
    spec,
    ...contentEncryption(introspection, 'introspection_encrypted_response_alg'),
    prefers: 'A128CBC-HS256',
  })
  @IsText()
  introspection_encrypted_response_enc?: string;
}
