import { MetadataField } from '../metadata-field.decorator.js';
import { IsTextList } from '../metadata-rule.decorators.js';
import { CredentialsMetadata } from './credentials.dto.js';
import { choiceOf } from './field-options.js';

/**
 * OpenID Connect Relying Party Metadata Choices 1.0 section 2: lists of what the client can do. The server takes what it prefers of each and
 * returns the single value.
 */
export class MetadataChoices extends CredentialsMetadata {
  /** Choices for `subject_type`. */
  @MetadataField(choiceOf('subject_type'))
  @IsTextList()
  subject_types_supported?: string[];

  /** Choices for `id_token_signed_response_alg`. */
  @MetadataField(choiceOf('id_token_signed_response_alg'))
  @IsTextList()
  id_token_signing_alg_values_supported?: string[];

  /** Choices for `id_token_encrypted_response_alg`. */
  @MetadataField(choiceOf('id_token_encrypted_response_alg'))
  @IsTextList()
  id_token_encryption_alg_values_supported?: string[];

  /** Choices for `id_token_encrypted_response_enc`. */
  @MetadataField(choiceOf('id_token_encrypted_response_enc'))
  @IsTextList()
  id_token_encryption_enc_values_supported?: string[];

  /** Choices for `userinfo_signed_response_alg`. */
  @MetadataField(choiceOf('userinfo_signed_response_alg'))
  @IsTextList()
  userinfo_signing_alg_values_supported?: string[];

  /** Choices for `userinfo_encrypted_response_alg`. */
  @MetadataField(choiceOf('userinfo_encrypted_response_alg'))
  @IsTextList()
  userinfo_encryption_alg_values_supported?: string[];

  /** Choices for `userinfo_encrypted_response_enc`. */
  @MetadataField(choiceOf('userinfo_encrypted_response_enc'))
  @IsTextList()
  userinfo_encryption_enc_values_supported?: string[];

  /** Choices for `introspection_signed_response_alg`. */
  @MetadataField(choiceOf('introspection_signed_response_alg'))
  @IsTextList()
  introspection_signing_alg_values_supported?: string[];

  /** Choices for `introspection_encrypted_response_alg`. */
  @MetadataField(choiceOf('introspection_encrypted_response_alg'))
  @IsTextList()
  introspection_encryption_alg_values_supported?: string[];

  /** Choices for `introspection_encrypted_response_enc`. */
  @MetadataField(choiceOf('introspection_encrypted_response_enc'))
  @IsTextList()
  introspection_encryption_enc_values_supported?: string[];

  /** Choices for `authorization_signed_response_alg`. */
  @MetadataField(choiceOf('authorization_signed_response_alg'))
  @IsTextList()
  authorization_signing_alg_values_supported?: string[];

  /** Choices for `authorization_encrypted_response_alg`. */
  @MetadataField(choiceOf('authorization_encrypted_response_alg'))
  @IsTextList()
  authorization_encryption_alg_values_supported?: string[];

  /** Choices for `authorization_encrypted_response_enc`. */
  @MetadataField(choiceOf('authorization_encrypted_response_enc'))
  @IsTextList()
  authorization_encryption_enc_values_supported?: string[];

  /** Choices for `request_object_signing_alg`. */
  @MetadataField(choiceOf('request_object_signing_alg'))
  @IsTextList()
  request_object_signing_alg_values_supported?: string[];

  /** Choices for `request_object_encryption_alg`. */
  @MetadataField(choiceOf('request_object_encryption_alg'))
  @IsTextList()
  request_object_encryption_alg_values_supported?: string[];

  /** Choices for `request_object_encryption_enc`. */
  @MetadataField(choiceOf('request_object_encryption_enc'))
  @IsTextList()
  request_object_encryption_enc_values_supported?: string[];

  /** Choices for `token_endpoint_auth_method`. */
  @MetadataField(choiceOf('token_endpoint_auth_method'))
  @IsTextList()
  token_endpoint_auth_methods_supported?: string[];

  /** Choices for `token_endpoint_auth_signing_alg`. */
  @MetadataField(choiceOf('token_endpoint_auth_signing_alg'))
  @IsTextList()
  token_endpoint_auth_signing_alg_values_supported?: string[];

  /** Choices for `backchannel_authentication_request_signing_alg`. */
  @MetadataField(choiceOf('backchannel_authentication_request_signing_alg'))
  @IsTextList()
  backchannel_authentication_request_signing_alg_values_supported?: string[];
}
