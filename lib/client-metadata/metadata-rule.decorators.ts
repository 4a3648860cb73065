import { ipAddress, certificateUri, distinguishedName, dnsName, emailAddress } from './certificate-subject.rules.js';
import type { JsonSchema } from './json-schema.js';
import { jwkSet } from './jwk-set.rules.js';
import { MetadataRuleDecorator } from './metadata-field.decorator.js';
import { redirectUriList } from './redirect-uri.rules.js';
import { requestUri } from './request-uri.rules.js';
import { softwareStatement } from './software-statement.rules.js';
import { displayText, listOf, oneOf, scopeString, text } from './text.rules.js';
import { flag, objectOfObjects, wholeNumber } from './value.rules.js';
import { callbackUri, httpsUri, webUri } from './web-uri.rules.js';

const TEXT: JsonSchema = { type: 'string', minLength: 1 };
const JWK: JsonSchema = { type: 'object', required: ['kty'], properties: { kty: { type: 'string' } } };
const JWK_SET: JsonSchema = {
  type: 'object',
  required: ['keys'],
  properties: { keys: { type: 'array', minItems: 1, items: JWK } },
};
const listSchema = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const uriSchema = (pattern: string): JsonSchema => ({ type: 'string', format: 'uri', pattern });
const WEB_PATTERN = '^[Hh][Tt][Tt][Pp][Ss]?://';
const HTTPS_PATTERN = '^[Hh][Tt][Tt][Pp][Ss]://';

/** Redirection URIs by the rules that need no configuration (RFC 6749 section 3.1.2, RFC 8252 section 7). */
export const IsRedirectUriList = () =>
  MetadataRuleDecorator(
    'redirectUriList',
    redirectUriList,
    listSchema(uriSchema('^[A-Za-z][A-Za-z0-9+.-]*:[^#*]+$')),
    'absolute URIs without fragment, wildcard and user: https, http on loopback hosts, or private-use schemes',
  );
/** A non-empty string without control characters. */
export const IsText = () => MetadataRuleDecorator('text', text, TEXT, 'no control characters');
/** A string a person will read: text with something visible in it, and without formatting characters that nobody sees. */
export const IsDisplayText = () =>
  MetadataRuleDecorator('displayText', displayText, TEXT, 'visible, no control or invisible formatting characters');
/** A list of strings without control characters. */
export const IsTextList = () =>
  MetadataRuleDecorator('textList', listOf(text), listSchema(TEXT), 'no control characters');
/** A list of strings a person will read. */
export const IsDisplayTextList = () =>
  MetadataRuleDecorator(
    'displayTextList',
    listOf(displayText),
    listSchema(TEXT),
    'visible, no control or invisible formatting characters',
  );
/** Space-separated scope tokens (RFC 6749 section 3.3). */
export const IsScope = () =>
  MetadataRuleDecorator(
    'scope',
    scopeString,
    { type: 'string', pattern: '^[ !#-\\[\\]-~]*$' },
    'scope tokens separated by spaces',
  );
/** The URL of a page: https, or http on the machine itself. */
export const IsWebUri = () =>
  MetadataRuleDecorator('webUri', webUri, uriSchema(WEB_PATTERN), 'https, or http on a loopback host');
/** The URL of a page of the client that a protocol opens or calls: as {@link IsWebUri}, without a fragment. */
export const IsCallbackUri = () =>
  MetadataRuleDecorator(
    'callbackUri',
    callbackUri,
    uriSchema(`${WEB_PATTERN}[^#]+$`),
    'https, or http on a loopback host; no fragment',
  );
/** An https URL without userinfo and fragment. */
export const IsHttpsUri = () =>
  MetadataRuleDecorator('httpsUri', httpsUri, uriSchema(`${HTTPS_PATTERN}[^#]+$`), 'https, no fragment');
/** A list of https URLs of request objects; a fragment is the hash of the content (OpenID Connect Registration section 2). */
export const IsRequestUriList = () =>
  MetadataRuleDecorator(
    'requestUriList',
    listOf(requestUri),
    listSchema(uriSchema(HTTPS_PATTERN)),
    'https; a fragment is the base64url SHA-256 of the content',
  );
/** A JWK Set of public keys (RFC 7517 section 5, RFC 7591 section 2). */
export const IsJwkSet = () => MetadataRuleDecorator('jwkSet', jwkSet, JWK_SET, 'a JWK Set of public keys');
/** One of the given words. */
export const IsOneOf = (...words: string[]) =>
  MetadataRuleDecorator('oneOf', oneOf(...words), { type: 'string', enum: words }, `one of ${words.join(', ')}`);
/** A list of the given words. */
export const IsListOfOneOf = (...words: string[]) =>
  MetadataRuleDecorator(
    'listOfOneOf',
    listOf(oneOf(...words)),
    listSchema({ type: 'string', enum: words }),
    `each one of ${words.join(', ')}`,
  );
/** `true` or `false`, and no string that says so. */
export const IsFlag = () => MetadataRuleDecorator('flag', flag, { type: 'boolean' }, 'true or false');
/** A whole number from 0. */
export const IsWholeNumber = () =>
  MetadataRuleDecorator('wholeNumber', wholeNumber, { type: 'integer', minimum: 0 }, 'a whole number from 0');
/** An object whose members are objects, with one at least. */
export const IsObjectOfObjects = () =>
  MetadataRuleDecorator(
    'objectOfObjects',
    objectOfObjects,
    { type: 'object', minProperties: 1, additionalProperties: { type: 'object' } },
    'an object with a member at least, each an object',
  );
/** A distinguished name (RFC 4514). */
export const IsDistinguishedName = () =>
  MetadataRuleDecorator('distinguishedName', distinguishedName, TEXT, 'a distinguished name (RFC 4514)');
/** A dNSName of a certificate (RFC 5280 section 4.2.1.6). */
export const IsDnsName = () => MetadataRuleDecorator('dnsName', dnsName, TEXT, 'a host name');
/** A uniformResourceIdentifier of a certificate (RFC 5280 section 4.2.1.6). */
export const IsCertificateUri = () =>
  MetadataRuleDecorator('certificateUri', certificateUri, uriSchema('^[A-Za-z][A-Za-z0-9+.-]*:'), 'an absolute URI');
/** An iPAddress of a certificate (RFC 5280 section 4.2.1.6). */
export const IsIpAddress = () => MetadataRuleDecorator('ipAddress', ipAddress, TEXT, 'an IPv4 or IPv6 address');
/** An rfc822Name of a certificate (RFC 5280 section 4.2.1.6). */
export const IsEmailAddress = () => MetadataRuleDecorator('emailAddress', emailAddress, TEXT, 'an e-mail address');
/** A JWS in compact form that names its issuer (RFC 7591 section 2.3). */
export const IsSoftwareStatement = () =>
  MetadataRuleDecorator('softwareStatement', softwareStatement, TEXT, 'a signed JWT with iss');
