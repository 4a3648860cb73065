import { isHostOf } from '../client-id-metadata-document/client-identifier-url.rules.js';
import { REDIRECT_URI_FIELDS } from '../client-metadata/application-type.rules.js';
import { ofField, type ConsistencyRule } from '../client-metadata/consistency-rule.js';
import { decidedFields, fieldName } from '../client-metadata/decided-fields.js';
import { UNBOUNDED, type BoundsContext, type MetadataBounds } from '../client-metadata/metadata-bounds.js';
import { isOmitted } from '../client-metadata/metadata-field.decorator.js';
import { NONE } from '../client-metadata/metadata-rule.js';
import { parseRedirectUris, type ParsedRedirectUri } from '../client-metadata/redirect-uri.rules.js';
import { readRegistrationBounds } from './registration-bounds.reader.js';
import type { RegistrationBounds } from './registration-bounds.js';

type Members = Readonly<Record<string, unknown>>;

/** The list from which the server chooses how the client authenticates (OpenID Connect Relying Party Metadata Choices section 2). */
const METHODS_TO_CHOOSE_FROM = 'token_endpoint_auth_methods_supported';

/**
 * What bounds say about metadata. It is judged together with the rules of the specifications, each time that there is a new state of the client: what
 * a request, a software statement or a policy has made of it.
 * @throws RangeError for what are no bounds, whoever stored or answered them: what cannot be read allows nothing
 */
export function metadataBounds(value: RegistrationBounds | null): MetadataBounds {
  if (value === null) return UNBOUNDED;
  const bounds = readRegistrationBounds(value);
  const { scopes, grantTypes, tokenEndpointAuthMethods: methods, redirectHosts: hosts, softwareId } = bounds;
  return {
    scopes,
    grantTypes,
    rules: [
      ...(methods ? [methodRule(methods)] : []),
      ...(hosts ? REDIRECT_URI_FIELDS.map((field) => hostRule(field, hosts)) : []),
      ...(softwareId === undefined ? [] : [softwareRule(softwareId)]),
    ],
    apply: (request, context) => withinChoices(withDefaults(request, bounds, context), bounds),
  };
}

function methodRule(methods: readonly string[]): ConsistencyRule {
  return {
    reads: ['token_endpoint_auth_method'],
    check: ({ token_endpoint_auth_method: method }) =>
      method !== undefined && methods.includes(method)
        ? NONE
        : ofField(
            'token_endpoint_auth_method',
            `must be one that is allowed for this client, which are ${methods.join(', ')}`,
          ),
  };
}

function hostRule(field: (typeof REDIRECT_URI_FIELDS)[number], hosts: readonly string[]): ConsistencyRule {
  return {
    reads: [field],
    check: (metadata) =>
      parseRedirectUris(metadata[field] ?? []).flatMap((uri, i) =>
        isAtHost(uri, hosts)
          ? NONE
          : ofField(field, 'must use https at a host that is allowed for this client', `[${i}]`),
      ),
  };
}

function isAtHost(uri: ParsedRedirectUri | undefined, hosts: readonly string[]): boolean {
  if (uri?.kind !== 'https' || uri.host === undefined) return false;
  return isHostOf(hosts, uri.port === undefined || uri.port === '443' ? uri.host : `${uri.host}:${uri.port}`);
}

function softwareRule(softwareId: string): ConsistencyRule {
  return {
    reads: ['software_id'],
    check: ({ software_id: id }) =>
      id === softwareId ? NONE : ofField('software_id', 'must be the one that is allowed for this client'),
  };
}

/** A request with the default metadata of its token for what it says nothing about. */
function withDefaults(
  request: Members,
  { defaultMetadata }: RegistrationBounds,
  { metadataTable, mayHaveNone }: BoundsContext,
): Members {
  if (!defaultMetadata) return request;
  const isLeftOut = (name: string, value: unknown) => {
    if (!Array.isArray(value) || value.length > 0) return isOmitted(value);
    // Elsewhere an empty list is no value either.
    return !metadataTable.get(name)?.mayBeEmpty && !(name === 'grant_types' && mayHaveNone);
  };
  const said = Object.entries(request).filter(([name, value]) => !isLeftOut(name, value));
  const names = new Set(said.map(([name]) => name));
  // An empty list, such as that of response types, says nothing about other fields.
  const deciding = said.filter(([, value]) => !Array.isArray(value) || value.length > 0).map(([name]) => name);
  const decided = decidedFields(deciding, metadataTable);
  const defaults = Object.entries(defaultMetadata).filter(
    ([name]) => !names.has(name) && !decided.has(fieldName(name)),
  );
  return Object.fromEntries([...defaults, ...said]);
}

/** A request whose list of methods has only those the server may choose; where it has none of them it is left, and refused. */
function withinChoices(request: Members, { tokenEndpointAuthMethods: methods }: RegistrationBounds): Members {
  const list = request[METHODS_TO_CHOOSE_FROM];
  if (!methods || !Array.isArray(list)) return request;
  const allowed: unknown[] = list.filter((entry) => methods.includes(entry as string));
  return allowed.length === 0 ? request : { ...request, [METHODS_TO_CHOOSE_FROM]: allowed };
}
