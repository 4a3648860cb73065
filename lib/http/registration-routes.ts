import { RequestMethod, type CanActivate, type Type } from '@nestjs/common';
import type { AbstractHttpAdapter, ApplicationConfig } from '@nestjs/core';
import { RegistrationErrorFilter } from '../errors/registration-error.filter.js';
import { RegistrationConfiguration } from '../registration-configuration.js';
import { JsonBodyGuard } from './json-body.guard.js';
import { answerExpressErrors, answerFastifyErrors } from './parse-errors.js';
import { mount, type Method, type Operation } from './routes.js';
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

type ExcludedRoute = NonNullable<ReturnType<ApplicationConfig['getGlobalPrefixOptions']>['exclude']>[number];

/** Where the endpoints of one import of the module are: mounted when the options are known, free of the host's prefix, errors included. */
export class RegistrationRoutes {
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly wire: WireResponse,
    controllers: RegistrationControllers,
    guards: RegistrationGuards,
  ) {
    const filter = new RegistrationErrorFilter(wire);
    // Media type before credential before everything a body can say.
    const json = new JsonBodyGuard();
    mount(
      controllers.registration,
      { path: config.mount, operations: { POST: { handler: 'register', guards: [json, guards.registration] } } },
      filter,
      wire,
    );
    mount(
      controllers.configuration,
      { path: `${config.mount}/:client_id`, operations: configurationOperations(config, guards.configuration, json) },
      filter,
      wire,
    );
    mount(
      controllers.serverMetadata,
      { path: wellKnownPath(config), operations: config.discovery ? { GET: { handler: 'read', guards: [] } } : {} },
      filter,
      wire,
    );
  }

  /** Paths of this import, to compare with those of another one. */
  get paths(): readonly string[] {
    return [this.config.mount, ...(this.config.discovery ? [wellKnownPath(this.config)] : [])];
  }

  /** Exempts the routes from the host's global prefix, and on Fastify gives them our error handler. */
  beforeRegistration(adapter: AbstractHttpAdapter, application: ApplicationConfig): void {
    const options = application.getGlobalPrefixOptions();
    const excluded = this.paths.map((path): ExcludedRoute => ({
      path,
      requestMethod: RequestMethod.ALL,
      pathRegex: new RegExp(`^${path.replaceAll('.', '\\.')}(?:/[^/]*)?/?$`, 'i'),
    }));
    application.setGlobalPrefixOptions({ ...options, exclude: [...(options.exclude ?? []), ...excluded] });
    if (adapter.getType() === 'fastify') answerFastifyErrors(adapter, (url) => this.isOurs(url), this.wire);
  }

  /** On Express, puts our error handler behind the routes. */
  afterRegistration(adapter: AbstractHttpAdapter): void {
    if (adapter.getType() === 'express') answerExpressErrors(adapter, this.config.mount, this.wire);
  }

  private isOurs(url: string): boolean {
    return url === this.config.mount || url.startsWith(`${this.config.mount}/`);
  }
}

/** The well-known path of an issuer, its own path appended (RFC 8414 section 3.1). */
export function wellKnownPath({ issuer }: RegistrationConfiguration): string {
  return `/.well-known/oauth-authorization-server${new URL(issuer).pathname.replace(/\/$/, '')}`;
}

function configurationOperations(
  { management }: RegistrationConfiguration,
  guard: CanActivate,
  json: CanActivate,
): Partial<Record<Method, Operation>> {
  return {
    ...(management.read && { GET: { handler: 'read', guards: [guard] } }),
    ...(management.update && { PUT: { handler: 'update', guards: [json, guard] } }),
    ...(management.delete && { DELETE: { handler: 'delete', guards: [guard] } }),
  };
}
