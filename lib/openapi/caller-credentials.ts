import type { CanActivate, Type } from '@nestjs/common';
import { BearerTokenGuard } from '../http/bearer-token.guard.js';
import type { RegistrationConfiguration } from '../registration-configuration.js';
import type { ComponentNames } from './component-names.js';
import type { OpenApiOperation, SecurityScheme } from './openapi-document.js';

type Security = Pick<OpenApiOperation, 'security'>;

/** What callers present. A guard of the host that looks elsewhere than for a bearer token is the host's to describe. */
export class CallerCredentials {
  private readonly registration: boolean;
  private readonly configuration: boolean;

  constructor(guards: { readonly registration: Type<CanActivate>; readonly configuration: Type<CanActivate> }) {
    this.registration = takesBearerToken(guards.registration);
    this.configuration = takesBearerToken(guards.configuration);
  }

  /** Who may register (RFC 7591 section 3): with a token, or with none too where registration is or may be open. */
  forRegistration({ access }: RegistrationConfiguration, names: ComponentNames): Security {
    if (!this.registration) return {};
    const isOptional = access === 'open' || typeof access === 'function';
    return { security: [{ [names.of('InitialAccessToken')]: [] }, ...(isOptional ? [{}] : [])] };
  }

  /** Who may manage a client (RFC 7592 section 2). */
  forConfiguration(names: ComponentNames): Security {
    return this.configuration ? { security: [{ [names.of('RegistrationAccessToken')]: [] }] } : {};
  }

  /** The schemes that the operations of this import name. */
  schemes({ access, isManageable }: RegistrationConfiguration): Record<string, SecurityScheme> {
    return {
      ...(this.registration &&
        access !== 'disabled' && {
          InitialAccessToken: bearer('Initial access token: who may register (RFC 7591 section 3).'),
        }),
      ...(this.configuration &&
        isManageable && {
          RegistrationAccessToken: bearer('Registration access token of the client (RFC 7592 section 3).'),
        }),
    };
  }
}

function bearer(description: string): SecurityScheme {
  return { type: 'http', scheme: 'bearer', description };
}

function takesBearerToken(guard: Type<CanActivate>): boolean {
  const extract: unknown = Reflect.get(BearerTokenGuard.prototype, 'extractToken');
  return Reflect.get(guard.prototype, 'extractToken') === extract;
}
