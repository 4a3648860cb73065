import { InvalidRedirectUriError } from '../errors/registration.error.js';
import type { JsonSchema } from './json-schema.js';
import { jwkSet, withoutUnknownKeys } from './jwk-set.rules.js';
import { MetadataField, MetadataRuleDecorator } from './metadata-field.decorator.js';
import { redirectUri } from './redirect-uri.rules.js';
import { responseTypeInOrder } from './consistency.rules.js';
import { displayText, listOf, oneOf, scopeString, scopeTokens, text, unique } from './text.rules.js';
import { httpsUri, webUri } from './web-uri.rules.js';

const TEXT: JsonSchema = { type: 'string', minLength: 1 };
const JWK: JsonSchema = { type: 'object', required: ['kty'], properties: { kty: { type: 'string' } } };
const JWK_SET: JsonSchema = {
  type: 'object',
  required: ['keys'],
  properties: { keys: { type: 'array', minItems: 1, items: JWK } },
};
const listSchema = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const uriSchema = (pattern: string): JsonSchema => ({ type: 'string', format: 'uri', pattern });

/** Redirection URIs by the rules that need no configuration (RFC 6749 section 3.1.2, RFC 8252 section 7). */
export const IsRedirectUriList = () =>
  MetadataRuleDecorator(
    'redirectUriList',
    listOf(redirectUri),
    listSchema(uriSchema('^[A-Za-z][A-Za-z0-9+.-]*:[^#*]+$')),
  );
/** A non-empty string without control characters. */
export const IsText = () => MetadataRuleDecorator('text', text, TEXT);
/** A string a person will read: text with something visible in it, and without bidirectional overrides. */
export const IsDisplayText = () => MetadataRuleDecorator('displayText', displayText, TEXT);
/** A list of strings without control characters. */
export const IsTextList = () => MetadataRuleDecorator('textList', listOf(text), listSchema(TEXT));
/** A list of strings a person will read. */
export const IsDisplayTextList = () => MetadataRuleDecorator('displayTextList', listOf(displayText), listSchema(TEXT));
/** Space-separated scope tokens (RFC 6749 section 3.3). */
export const IsScope = () =>
  MetadataRuleDecorator('scope', scopeString, { type: 'string', pattern: '^[ !#-\\[\\]-~]*$' });
/** The URL of a page: https, or http on the machine itself. */
export const IsWebUri = () => MetadataRuleDecorator('webUri', webUri, uriSchema('^[Hh][Tt][Tt][Pp][Ss]?://'));
/** An https URL without userinfo and fragment. */
export const IsHttpsUri = () =>
  MetadataRuleDecorator('httpsUri', httpsUri, uriSchema('^[Hh][Tt][Tt][Pp][Ss]://[^#]+$'));
/** A JWK Set of public keys (RFC 7517 section 5, RFC 7591 section 2). */
export const IsJwkSet = () => MetadataRuleDecorator('jwkSet', jwkSet, JWK_SET);
/** One of the given words. */
export const IsOneOf = (...words: string[]) =>
  MetadataRuleDecorator('oneOf', oneOf(...words), { type: 'string', enum: words });

/**
 * All client metadata this module understands (RFC 7591 section 2); any other member of a request is ignored, never stored and never
 * returned. A host adds fields of its own by a subclass: `forRoot({ metadata: MyClientMetadata })`.
 */
export class ClientMetadata {
  /** Redirection URIs for redirect-based grants, compared byte for byte (RFC 7591 section 2). */
  @MetadataField({
    spec: 'RFC 7591 section 2',
    error: InvalidRedirectUriError,
    default: '`[]`',
    limits: { bytes: 'uriBytes', entries: 'redirectUris' },
    normalize: unique,
  })
  @IsRedirectUriList()
  redirect_uris?: string[];

  /** How the client authenticates at the token endpoint (RFC 7591 section 2). */
  @MetadataField({
    spec: 'RFC 7591 section 2',
    default: '`client_secret_basic`, else the first of `server.tokenEndpointAuthMethods`',
    limits: { bytes: 'textBytes' },
  })
  @IsText()
  token_endpoint_auth_method?: string;

  /** Grant types the client may use at the token endpoint (RFC 7591 section 2). */
  @MetadataField({
    spec: 'RFC 7591 section 2',
    default: '`["authorization_code"]`, or what `response_types` needs',
    limits: { bytes: 'textBytes', entries: 'listEntries' },
    normalize: unique,
  })
  @IsTextList()
  grant_types?: string[];

  /** Response types the client may use at the authorization endpoint; the words of one value are a set (RFC 7591 section 2). */
  @MetadataField({
    spec: 'RFC 7591 section 2',
    default: '`["code"]` with `authorization_code`, else `[]`',
    limits: { bytes: 'textBytes', entries: 'listEntries' },
    normalize: (types: string[]) => unique(types.map(responseTypeInOrder)),
  })
  @IsTextList()
  response_types?: string[];

  /** Name of the client, shown to the person who consents (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', languageTags: true, limits: { bytes: 'textBytes' } })
  @IsDisplayText()
  client_name?: string;

  /** Page about the client (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', languageTags: true, limits: { bytes: 'uriBytes' } })
  @IsWebUri()
  client_uri?: string;

  /** Logo of the client; never fetched by this server (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', languageTags: true, limits: { bytes: 'uriBytes' } })
  @IsWebUri()
  logo_uri?: string;

  /** Scopes the client may ask for, separated by spaces (RFC 7591 section 2). */
  @MetadataField({
    spec: 'RFC 7591 section 2',
    default: '`server.defaultScopes`',
    limits: { bytes: 'scopeBytes' },
    normalize: (scope: string) => scopeTokens(scope).join(' '),
  })
  @IsScope()
  scope?: string;

  /** Ways to reach the people responsible, typically e-mail addresses (RFC 7591 section 2). */
  @MetadataField({
    spec: 'RFC 7591 section 2',
    limits: { bytes: 'textBytes', entries: 'listEntries' },
    normalize: unique,
  })
  @IsDisplayTextList()
  contacts?: string[];

  /** Terms of service for people (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', languageTags: true, limits: { bytes: 'uriBytes' } })
  @IsWebUri()
  tos_uri?: string;

  /** How the client uses personal data, for people (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', languageTags: true, limits: { bytes: 'uriBytes' } })
  @IsWebUri()
  policy_uri?: string;

  /** Where the client publishes its public keys; excludes `jwks` (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', limits: { bytes: 'uriBytes' } })
  @IsHttpsUri()
  jwks_uri?: string;

  /** The client's public keys by value; excludes `jwks_uri` (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', limits: { bytes: 'jwksBytes' }, normalize: withoutUnknownKeys })
  @IsJwkSet()
  jwks?: object;

  /** The same for all instances and versions of one software (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', limits: { bytes: 'textBytes' } })
  @IsText()
  software_id?: string;

  /** Version of the software, compared by equality alone (RFC 7591 section 2). */
  @MetadataField({ spec: 'RFC 7591 section 2', limits: { bytes: 'textBytes' } })
  @IsText()
  software_version?: string;

  /** Decides which redirection URIs are legal (OpenID Connect Registration section 2, RFC 8252). */
  @MetadataField({
    spec: 'OpenID Connect Registration section 2',
    default: '`native` with a loopback http or private-use redirection URI, else `web`',
  })
  @IsOneOf('web', 'native')
  application_type?: string;
}
