import { ClientMetadata, type ServerOptions } from 'nestjs-dynamic-registration';
import { referenceTable } from '../../lib/client-metadata/metadata-reference.js';
import { metadataTable, offeredFields, type MetadataRow } from '../../lib/client-metadata/metadata-table.js';
import { DEFAULT_LIMITS } from '../../lib/dynamic-registration.options.js';
import { serverCapabilities } from '../../lib/server.capabilities.js';

const ALL = { signingAlgs: ['RS256'], encryptionAlgs: ['RSA-OAEP-256'] };

/** What a host writes into `server` for more fields to be known. */
const FEATURES: readonly (readonly [string, ServerOptions])[] = [
  ['openid: true', { openid: true }],
  ['openid: { idToken: { encryptionAlgs } }', { openid: { idToken: ALL } }],
  ['openid: { userinfo: { signingAlgs } }', { openid: { userinfo: { signingAlgs: ['RS256'] } } }],
  ['openid: { userinfo: { encryptionAlgs } }', { openid: { userinfo: ALL } }],
  ['openid: { acrValues }', { openid: { acrValues: ['phr'] } }],
  ['requestObjects: true', { requestObjects: true }],
  ['requestObjects: { encryptionAlgs }', { requestObjects: ALL }],
  ['requestObjects: { byReference: true }', { requestObjects: { byReference: true } }],
  ['logout: true', { logout: true }],
  ["tokenEndpointAuthMethods: ['tls_client_auth', ...]", { tokenEndpointAuthMethods: ['tls_client_auth'] }],
  ['mutualTls: true', { mutualTls: true }],
  ['mutualTls: { endpointAliases: true }', { mutualTls: { endpointAliases: true } }],
  ['pushedAuthorizationRequests: true', { pushedAuthorizationRequests: true }],
  ['authorizationDetailsTypes', { authorizationDetailsTypes: ['payment_initiation'] }],
  ['dpop: true', { dpop: true }],
  ['introspection: true', { introspection: true }],
  ['introspection: { encryptionAlgs }', { introspection: ALL }],
  ['authorizationResponses: true', { authorizationResponses: true }],
  ['authorizationResponses: { encryptionAlgs }', { authorizationResponses: ALL }],
  ['ciba: true', { ciba: true }],
  ['ciba: { requestSigningAlgs }', { ciba: { requestSigningAlgs: ['PS256'] } }],
  ['ciba: { userCode: true }', { ciba: { userCode: true } }],
  ['federation: true', { federation: true }],
  ['uma: true', { uma: true }],
  ['verifiableCredentials: true', { verifiableCredentials: true }],
  ['nfv: true', { nfv: true }],
  ['nfv: { encryptionAlgs }', { nfv: ALL }],
];

/** The reference of all client metadata in Markdown: the class, by the options that make its fields known. */
export function metadataDocument(): string {
  const table = metadataTable(ClientMetadata);
  const always = offeredFields(table, serverCapabilities());
  const shown = new Set(always.keys());
  const sections = FEATURES.map(([option, server]) => {
    const added = [...offeredFields(table, serverCapabilities(server)).values()].filter(({ name }) => !shown.has(name));
    for (const { name } of added) shown.add(name);
    return section(`\`server: { ${option} }\``, added);
  });
  const forgotten = [...table.keys()].filter((name) => !shown.has(name));
  if (forgotten.length > 0) throw new Error(`no option makes these fields known: ${forgotten.join(', ')}`);
  return [INTRODUCTION, section('Always', always.values()), ...sections, limits()].join('\n');
}

const INTRODUCTION = `# Client metadata

Every field the module knows, made from its metadata class. What your server does not offer is not known: such fields are ignored like any
other member, never stored and never returned. \`null\`, \`""\` and an empty list count as omitted, and omitted in an update means removed
(RFC 7592 section 2.2). A field with language tags may come as \`name#tag\` too (RFC 7591 section 2.2).

Values the server does not support: entries of a list are left out and the rest is returned, as long as something usable remains; a single
value is refused. With \`unsupportedMetadata: 'reject'\` both are refused. Lists the server chooses from (\`..._supported\`) are read and never
returned: the server takes the single value of the client where it can be had, else its own first value that the list has and whose requirements
the request meets, those without a shared secret before those with one, and \`none\` last.
`;

function section(title: string, rows: Iterable<MetadataRow>): string {
  return `## ${title}\n\n${referenceTable(rows)}`;
}

function limits(): string {
  const rows = Object.entries(DEFAULT_LIMITS).map(([name, value]) => `| \`${name}\` | ${value} |`);
  return [
    '## Limits',
    '',
    'Each is an option: `limits: { uriBytes: 4096 }`. `redirectUris` and `listEntries` count entries, the others bytes.',
    '`metadataBytes` is the whole request without white space; a longer one is answered with 413. `listEntries` also bounds the members with a',
    'language tag together. Fixed are 16 keys of a JWK Set with 10 certificates each, 32 levels of nesting, and 64 characters of a language tag.',
    '',
    '| Limit | Default |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
