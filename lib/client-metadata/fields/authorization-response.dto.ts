import type { ServerCapabilities } from '../../server.capabilities.js';
import { MetadataField } from '../metadata-field.decorator.js';
import { IsText } from '../metadata-rule.decorators.js';
import { AccessTokenMetadata } from './access-token.dto.js';
import { contentEncryption, keyEncryption, signature } from './field-options.js';

const spec = 'JARM section 3';
const responses = (server: ServerCapabilities) => server.authorizationResponses;

/** JWT Secured Authorization Response Mode for OAuth 2.0 (JARM) section 3. */
export class AuthorizationResponseMetadata extends AccessTokenMetadata {
  /** Signs authorization responses (JARM section 3). */
  @MetadataField({ spec, ...signature(responses, 'signed-by-server'), prefers: 'RS256' })
  @IsText()
  authorization_signed_response_alg?: string;

  /** Encrypts the key of authorization responses (JARM section 3). */
  @MetadataField({ spec, ...keyEncryption(responses, 'encrypted-to-client') })
  @IsText()
  authorization_encrypted_response_alg?: string;

  /** Encrypts the content of authorization responses (JARM section 3). */
  @MetadataField({
    spec,
    ...contentEncryption(responses, 'authorization_encrypted_response_alg'),
    prefers: 'A128CBC-HS256',
  })
  @IsText()
  authorization_encrypted_response_enc?: string;
}
