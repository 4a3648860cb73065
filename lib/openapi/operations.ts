import type { RegistrationConfiguration } from '../registration-configuration.js';
import type { CallerCredentials } from './caller-credentials.js';
import type { ComponentNames } from './component-names.js';
import type { JsonSchema } from '../client-metadata/json-schema.js';
import {
  json,
  type OpenApiDocument,
  type OpenApiHeader,
  type OpenApiOperation,
  type OpenApiParameter,
  type OpenApiResponse,
  type PathItem,
} from './openapi-document.js';
import { NO_STORE, statusOf, type RefusalName } from './refusals.js';
import { wellKnownPath } from '../http/registration-routes.js';

/** The tag of every operation. */
export const TAG = 'Dynamic client registration';

const IF_MATCH: OpenApiParameter = {
  name: 'If-Match',
  in: 'header',
  description: 'Only while the client has one of these entity tags (RFC 9110 section 13.1.1).',
  required: false,
  schema: { type: 'string', examples: ['"3"'] },
};

const ENTITY_TAG: OpenApiHeader = {
  description: 'Of the client as the answer shows it (RFC 9110 section 8.8.3)',
  required: true,
  schema: { type: 'string', pattern: '^"[0-9]+"$', examples: ['"3"'] },
};

const CONTENT_LOCATION: OpenApiHeader = {
  description: 'The `registration_client_uri`: the answer shows the client as it is now (RFC 9110 section 8.7)',
  required: true,
  schema: { type: 'string', format: 'uri' },
};

/** The operations that this import offers, at the URLs clients call (RFC 7591 section 3, RFC 7592 section 2, RFC 8414 section 3). */
export class Operations {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly callers: CallerCredentials,
    private readonly names: ComponentNames,
  ) {}

  paths(): OpenApiDocument['paths'] {
    const { config } = this;
    const endpoint = new URL(config.registrationEndpoint).pathname;
    return {
      ...(config.access !== 'disabled' && { [endpoint]: { post: this.register() } }),
      ...(config.isManageable && { [`${endpoint}/{client_id}`]: this.configuration() }),
      ...(config.discovery && { [wellKnownPath(config)]: { get: this.serverMetadata() } }),
    };
  }

  private register(): OpenApiOperation {
    const { config, names } = this;
    const information = names.schema('ClientInformation');
    const created: JsonSchema = config.isManageable
      ? { allOf: [information], required: ['registration_access_token', 'registration_client_uri'] }
      : information;
    return {
      ...this.described('registerClient', 'Register a client (RFC 7591 section 3.1)'),
      ...this.callers.forRegistration(config, names),
      requestBody: { required: true, content: json(names.schema('ClientMetadata'), exampleOf(config)) },
      responses: {
        201: { description: 'Registered', headers: NO_STORE, content: json(created) },
        ...this.refusals('InvalidMetadata', 'Forbidden', 'TooLarge', 'UnsupportedMediaType'),
      },
    };
  }

  private configuration(): PathItem {
    const { read, update, delete: remove } = this.config.management;
    return {
      ...(read && { get: this.read() }),
      ...(update && { put: this.update() }),
      ...(remove && { delete: this.delete() }),
    };
  }

  private read(): OpenApiOperation {
    return {
      ...this.ofOneClient('readClient', 'Read a client (RFC 7592 section 2.1)'),
      responses: {
        200: this.information('The client', { ETag: ENTITY_TAG }),
        ...this.refusals('InvalidPath', 'Forbidden', 'PreconditionFailed'),
      },
    };
  }

  private update(): OpenApiOperation {
    return {
      ...this.ofOneClient('updateClient', 'Replace the metadata of a client (RFC 7592 section 2.2)'),
      requestBody: { required: true, content: json(this.names.schema('ClientUpdate')) },
      responses: {
        200: this.information('Replaced', { ETag: ENTITY_TAG, 'Content-Location': CONTENT_LOCATION }),
        ...this.refusals(
          'InvalidMetadata',
          'Forbidden',
          'Conflict',
          'PreconditionFailed',
          'TooLarge',
          'UnsupportedMediaType',
        ),
      },
    };
  }

  private delete(): OpenApiOperation {
    return {
      ...this.ofOneClient('deleteClient', 'Delete a client (RFC 7592 section 2.3)'),
      responses: {
        204: { description: 'Deleted', headers: NO_STORE },
        ...this.refusals('InvalidPath', 'Forbidden', 'Conflict', 'PreconditionFailed'),
      },
    };
  }

  private serverMetadata(): OpenApiOperation {
    return {
      ...this.described('readServerMetadata', 'Authorization server metadata (RFC 8414 section 3)'),
      security: [],
      responses: { 200: { description: 'The metadata', content: json(this.names.schema('ServerMetadata')) } },
    };
  }

  private ofOneClient(id: string, summary: string) {
    return {
      ...this.described(id, summary),
      ...this.callers.forConfiguration(this.names),
      parameters: [{ name: 'client_id', in: 'path', required: true, schema: { type: 'string' } }, IF_MATCH] as const,
    };
  }

  private described(id: string, summary: string) {
    return { operationId: this.names.of(id), summary, tags: [TAG] };
  }

  private information(description: string, headers: OpenApiResponse['headers']) {
    return {
      description,
      headers: { ...NO_STORE, ...headers },
      content: json(this.names.schema('ClientInformation')),
    };
  }

  /** These, and those that every operation behind a credential has. */
  private refusals(...names: readonly RefusalName[]): OpenApiOperation['responses'] {
    const all: readonly RefusalName[] = [...names, 'InvalidToken', 'TooManyRequests', 'ServerError', 'Unavailable'];
    return Object.fromEntries(all.map((name) => [statusOf(name), this.names.response(name)]));
  }
}

/** A request to begin with; none where it would not be enough. */
function exampleOf({ server, metadataTable }: RegistrationConfiguration): object | undefined {
  const example = { client_name: 'Tide Tables', redirect_uris: ['https://tides.example/cb'] };
  const isEnough = [...metadataTable.values()].every(({ required, name }) => !required || name in example);
  return isEnough && server.grantTypes.includes('authorization_code') && server.responseTypes.includes('code')
    ? example
    : undefined;
}
