import { Injectable } from '@nestjs/common';
import { wellKnownPath } from '../http/registration-routes.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { CallerCredentials } from './caller-credentials.js';
import { clientInformationSchema, clientMetadataSchema, clientUpdateSchema, OMITTED_SCHEMA } from './client.schemas.js';
import { ComponentNames } from './component-names.js';
import { mergedDocument, type HostDocument } from './merged-document.js';
import type { OpenApiDocument } from './openapi-document.js';
import { Operations, TAG } from './operations.js';
import { ERROR_SCHEMA, refusalResponses } from './refusals.js';
import { SERVER_METADATA_SCHEMA } from './server-metadata.schema.js';
import { usedComponents } from './used-components.js';

/** The endpoints of this import of the module as OpenAPI 3.1, made from the options and the metadata class. */
@Injectable()
export class OpenApiService {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly callers: CallerCredentials,
  ) {}

  /** The document of these endpoints alone. */
  openApiDocument(): OpenApiDocument {
    const { config, callers } = this;
    const names = new ComponentNames(config.mount);
    const paths = new Operations(config, callers, names).paths();
    const info = {
      title: TAG,
      version: '1.0.0',
      description: 'OAuth 2.0 Dynamic Client Registration (RFC 7591) and management (RFC 7592).',
    };
    return {
      openapi: '3.1.0',
      info,
      servers: [{ url: new URL(config.issuer).origin }],
      tags: [{ name: TAG, description: info.description }],
      paths,
      components: usedComponents(paths, {
        schemas: names.named({
          ClientMetadata: clientMetadataSchema(config, names),
          ClientUpdate: clientUpdateSchema(names),
          ClientInformation: clientInformationSchema(config),
          Omitted: OMITTED_SCHEMA,
          Error: ERROR_SCHEMA,
          ServerMetadata: SERVER_METADATA_SCHEMA,
        }),
        responses: names.named(refusalResponses(names.schema('Error'))),
        securitySchemes: names.named(callers.schemes(config)),
      }),
    };
  }

  /**
   * The host's own document with these endpoints in it: `openApi.addTo(SwaggerModule.createDocument(app, config))`.
   * @returns a new document; the given one does not change
   * @throws Error when it is not OpenAPI 3.1, or describes one of these endpoints already
   */
  addTo<D extends HostDocument>(document: D): D {
    const { mount, isManageable, discovery } = this.config;
    const routes = [
      mount,
      ...(isManageable ? [`${mount}/{client_id}`] : []),
      ...(discovery ? [wellKnownPath(this.config)] : []),
    ];
    return mergedDocument(document, this.openApiDocument(), routes);
  }
}
