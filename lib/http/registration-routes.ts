import { RequestMethod, type CanActivate, type Type } from '@nestjs/common';
import type { AbstractHttpAdapter, ApplicationConfig } from '@nestjs/core';
import { RegistrationErrorFilter } from '../errors/registration-error.filter.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { answerRestOnExpress, ignoreBodiesOnExpress, type ResourceAt } from './express.routes.js';
import { answerRestOnFastify, handleErrorsOnFastify } from './fastify.routes.js';
import { JsonBodyGuard } from './json-body.guard.js';
import { mount, type ApplicationController, type Resource } from './routes.js';
import { WireResponse } from './wire-response.js';

/** The controller classes of one import of the module. */
export interface RegistrationControllers {
  readonly registration: Type;
  readonly configuration: Type;
  readonly serverMetadata: Type;
}

/** The guards of one import of the module. */
export interface RegistrationGuards {
  readonly registration: CanActivate;
  readonly configuration: CanActivate;
}

/** The controllers of a module in one application. */
export type ApplicationControllers = ReadonlyMap<unknown, ApplicationController>;

type ExcludedRoute = NonNullable<ReturnType<ApplicationConfig['getGlobalPrefixOptions']>['exclude']>[number];

/** Where the endpoints of one import of the module are: mounted when the options are known, free of the host's prefix, errors included. */
export class RegistrationRoutes {
  private readonly registration: Resource;
  private readonly configuration: Resource;
  private readonly serverMetadata: Resource;

  constructor(
    config: RegistrationConfiguration,
    private readonly wire: WireResponse,
    private readonly controllers: RegistrationControllers,
    guards: RegistrationGuards,
  ) {
    // Media type before credential before everything a body can say.
    const json = new JsonBodyGuard();
    const { read, update, delete: remove } = config.management;
    this.registration = {
      path: config.mount,
      operations: { POST: { handler: 'register', guards: [json, guards.registration] } },
    };
    this.configuration = {
      path: `${config.mount}/:client_id`,
      operations: {
        ...(read && { GET: { handler: 'read', guards: [guards.configuration] } }),
        ...(update && { PUT: { handler: 'update', guards: [json, guards.configuration] } }),
        ...(remove && { DELETE: { handler: 'delete', guards: [guards.configuration] } }),
      },
    };
    this.serverMetadata = {
      path: wellKnownPath(config),
      operations: config.discovery ? { GET: { handler: 'read', guards: [] } } : {},
    };
  }

  /** Paths of this import as they are mounted. */
  get paths(): readonly string[] {
    return this.resources.map(({ path }) => path);
  }

  /**
   * Mounts the routes, exempt from the host's global prefix; on Fastify with an error handler of their own.
   * @param own the controllers of this import in this application, by the class they are registered as
   */
  beforeRegistration(adapter: AbstractHttpAdapter, application: ApplicationConfig, own: ApplicationControllers): void {
    const filter = new RegistrationErrorFilter(this.wire);
    for (const name of ['registration', 'configuration', 'serverMetadata'] as const) {
      const controller = own.get(this.controllers[name]);
      if (controller) mount(controller, this[name], filter);
    }
    const options = application.getGlobalPrefixOptions();
    const excluded = this.paths.map((path): ExcludedRoute => ({
      path,
      requestMethod: RequestMethod.ALL,
      // The route itself and nothing below it: what else a host has there keeps its prefix.
      pathRegex: new RegExp(`^${path.replaceAll('.', String.raw`\.`)}/?$`),
    }));
    application.setGlobalPrefixOptions({ ...options, exclude: [...(options.exclude ?? []), ...excluded] });
    if (adapter.getType() === 'fastify') handleErrorsOnFastify(adapter, this.paths, this.wire);
    else for (const { path, at } of this.mounts) ignoreBodiesOnExpress(adapter, path, at);
  }

  /** Answers what the routes leave over on their own paths: other methods, and on Express the errors before any route. */
  afterRegistration(adapter: AbstractHttpAdapter): void {
    if (adapter.getType() === 'fastify') {
      for (const resource of this.resources) answerRestOnFastify(adapter, resource, this.wire);
    } else {
      for (const { path, at } of this.mounts) answerRestOnExpress(adapter, path, at, this.wire);
    }
  }

  /** Where Express looks for our resources. */
  private get mounts(): readonly { readonly path: string; readonly at: ResourceAt }[] {
    const { registration, configuration, serverMetadata } = this;
    return [
      {
        path: registration.path,
        at: (segment) => (segment === '' ? registration : isOffered(configuration) ? configuration : undefined),
      },
      ...(isOffered(serverMetadata)
        ? [{ path: serverMetadata.path, at: (segment: string) => (segment === '' ? serverMetadata : undefined) }]
        : []),
    ];
  }

  private get resources(): readonly Resource[] {
    return [this.registration, this.configuration, this.serverMetadata].filter(isOffered);
  }
}

/** The well-known path of an issuer, its own path appended (RFC 8414 section 3.1). */
export function wellKnownPath({ issuer }: RegistrationConfiguration): string {
  return `/.well-known/oauth-authorization-server${new URL(issuer).pathname.replace(/\/$/, '')}`;
}

function isOffered({ operations }: Resource): boolean {
  return Object.keys(operations).length > 0;
}
