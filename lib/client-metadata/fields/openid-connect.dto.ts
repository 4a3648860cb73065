import { MetadataField } from '../metadata-field.decorator.js';
import {
  IsFlag,
  IsHttpsUri,
  IsOneOf,
  IsRequestUriList,
  IsText,
  IsTextList,
  IsWholeNumber,
} from '../metadata-rule.decorators.js';
import { contentEncryption, FLAG, keyEncryption, signature, TEXT, TEXT_LIST, URI, URI_LIST } from './field-options.js';
import { OAuthMetadata } from './oauth.dto.js';
import type { ServerCapabilities } from '../../server.capabilities.js';

const spec = 'OpenID Connect Registration section 2';
const offered = (server: ServerCapabilities) => server.openid.offered;
const idToken = (server: ServerCapabilities) => server.openid.idToken;
const userinfo = (server: ServerCapabilities) => server.openid.userinfo;
const requestObjects = (server: ServerCapabilities) => server.requestObjects;

/** OpenID Connect Dynamic Client Registration 1.0 section 2. */
export class OpenIdConnectMetadata extends OAuthMetadata {
  /** Decides which redirection URIs are legal (OpenID Connect Registration section 2, RFC 8252). */
  @MetadataField({
    spec,
    default: '`native` with a private-use redirection URI, or http on a loopback host without https there; else `web`',
  })
  @IsOneOf('web', 'native')
  application_type?: string;

  /** A document that lists the redirection URIs of one sector; read when the client registers (OpenID Connect Registration section 5). */
  @MetadataField({ spec, ...URI, offered })
  @IsHttpsUri()
  sector_identifier_uri?: string;

  /** Whether every client sees the same subject or each sector its own (OpenID Connect Registration section 2). */
  @MetadataField({ spec, ...TEXT, supported: (server) => server.openid.subjectTypes, prefers: 'public' })
  @IsText()
  subject_type?: string;

  /** Signs the ID Token (OpenID Connect Registration section 2). */
  @MetadataField({ spec, ...signature(idToken, 'signed-by-server'), prefers: 'RS256' })
  @IsText()
  id_token_signed_response_alg?: string;

  /** Encrypts the key of the ID Token (OpenID Connect Registration section 2). */
  @MetadataField({ spec, ...keyEncryption(idToken, 'encrypted-to-client') })
  @IsText()
  id_token_encrypted_response_alg?: string;

  /** Encrypts the content of the ID Token (OpenID Connect Registration section 2). */
  @MetadataField({
    spec,
    ...contentEncryption(idToken, 'id_token_encrypted_response_alg'),
    prefers: 'A128CBC-HS256',
  })
  @IsText()
  id_token_encrypted_response_enc?: string;

  /** Signs UserInfo responses, which are plain JSON without it (OpenID Connect Registration section 2). */
  @MetadataField({ spec, ...signature(userinfo, 'signed-by-server') })
  @IsText()
  userinfo_signed_response_alg?: string;

  /** Encrypts the key of UserInfo responses (OpenID Connect Registration section 2). */
  @MetadataField({ spec, ...keyEncryption(userinfo, 'encrypted-to-client') })
  @IsText()
  userinfo_encrypted_response_alg?: string;

  /** Encrypts the content of UserInfo responses (OpenID Connect Registration section 2). */
  @MetadataField({
    spec,
    ...contentEncryption(userinfo, 'userinfo_encrypted_response_alg'),
    prefers: 'A128CBC-HS256',
  })
  @IsText()
  userinfo_encrypted_response_enc?: string;

  /** Signs request objects; the client may use any supported algorithm without it (OpenID Connect Registration section 2). */
  @MetadataField({ spec, ...signature(requestObjects, 'signed-by-client') })
  @IsText()
  request_object_signing_alg?: string;

  /** Encrypts the key of request objects (OpenID Connect Registration section 2). */
  @MetadataField({ spec, ...keyEncryption(requestObjects, 'encrypted-to-server') })
  @IsText()
  request_object_encryption_alg?: string;

  /** Encrypts the content of request objects (OpenID Connect Registration section 2). */
  @MetadataField({
    spec,
    ...contentEncryption(requestObjects, 'request_object_encryption_alg'),
    prefers: 'A128CBC-HS256',
  })
  @IsText()
  request_object_encryption_enc?: string;

  /** Signs the client's authentication at the token endpoint (OpenID Connect Registration section 2). */
  @MetadataField({
    spec,
    ...TEXT,
    supported: (server) => server.tokenEndpointAuthSigningAlgs,
    algorithm: 'signed-by-client',
    onlyWith: { field: 'token_endpoint_auth_method', values: ['private_key_jwt', 'client_secret_jwt'] },
  })
  @IsText()
  token_endpoint_auth_signing_alg?: string;

  /** Seconds since the person last logged in, at most (OpenID Connect Registration section 2). */
  @MetadataField({ spec, offered })
  @IsWholeNumber()
  default_max_age?: number;

  /** Whether the ID Token has to say when the person logged in (OpenID Connect Registration section 2). */
  @MetadataField({ spec, ...FLAG, offered })
  @IsFlag()
  require_auth_time?: boolean;

  /** Authentication context class references, the preferred one first (OpenID Connect Registration section 2). */
  @MetadataField({ spec, ...TEXT_LIST, supported: (server) => server.openid.acrValues })
  @IsTextList()
  default_acr_values?: string[];

  /** Where somebody else can have the client start a login (OpenID Connect Core section 4). */
  @MetadataField({ spec, ...URI, offered })
  @IsHttpsUri()
  initiate_login_uri?: string;

  /** Where request objects of the client are found (OpenID Connect Registration section 2). */
  @MetadataField({ spec, ...URI_LIST, offered: (server) => server.requestObjects.byReference })
  @IsRequestUriList()
  request_uris?: string[];
}
