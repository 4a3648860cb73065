import {
  Controller,
  Delete,
  Get,
  Options,
  Patch,
  Post,
  Put,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
  type CanActivate,
  type ExceptionFilter,
  type Type,
} from '@nestjs/common';
import { InvalidRequestError } from '../errors/registration.error.js';
import type { HttpResponse } from './http-response.js';
import type { WireResponse } from './wire-response.js';

/** One method of a resource: the controller's handler, behind these guards. */
export interface Operation {
  readonly handler: string;
  readonly guards: readonly CanActivate[];
}

/** The methods a resource may have. HEAD is answered as GET by Express and Fastify themselves. */
const METHODS = { GET: Get, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete } as const;
export type Method = keyof typeof METHODS;

/** A path and what can be done with it. */
export interface Resource {
  readonly path: string;
  readonly operations: Partial<Record<Method, Operation>>;
}

/**
 * Makes a controller class for one import of the module: the same handlers under functions of its own, since Nest keeps path and guards on
 * the function and two imports must not share them.
 */
export function controllerOf<T extends object>(base: Type<T>, decorators: readonly ClassDecorator[]): Type<T> {
  const own = { [base.name]: class extends (base as Type<object>) {} }[base.name] as Type<T>;
  for (const decorate of decorators) decorate(own);
  return own;
}

/**
 * Mounts a resource at its path as it stands, for every version of the host. Runs when the options are known, which is before Nest reads the
 * routes. A method that is not offered is answered 405, method by method: Fastify has no route for all methods beside others.
 */
export function mount(
  controller: Type,
  { path, operations }: Resource,
  filter: ExceptionFilter,
  wire: WireResponse,
): void {
  Controller({ path, version: VERSION_NEUTRAL })(controller);
  UseFilters(filter)(controller);
  const offered = Object.keys(operations);
  if (offered.length === 0) return;
  const allow = [...(offered.includes('GET') ? ['HEAD'] : []), ...offered, 'OPTIONS'];
  for (const [method, decorator] of Object.entries(METHODS)) {
    const operation = operations[method as Method];
    if (operation) addHandler(controller, decorator(), operation);
    else {
      addAnswer(controller, decorator(), `${method} not allowed`, () => {
        throw new InvalidRequestError(`the method ${method} is not offered here`, 405, allow);
      });
    }
  }
  addAnswer(controller, Options(), 'OPTIONS', (response) => wire.options(response, allow));
}

function addHandler(controller: Type, route: MethodDecorator, { handler, guards }: Operation): void {
  const inherited = controller.prototype[handler] as (...parameters: unknown[]) => unknown;
  const descriptor = define(controller, handler, function own(this: unknown, ...parameters: unknown[]) {
    return inherited.apply(this, parameters);
  });
  route(controller.prototype, handler, descriptor);
  if (guards.length > 0) UseGuards(...guards)(controller.prototype, handler, descriptor);
}

function addAnswer(
  controller: Type,
  route: MethodDecorator,
  name: string,
  answer: (response: HttpResponse) => void,
): void {
  const descriptor = define(controller, name, answer);
  Res()(controller.prototype, name, 0);
  route(controller.prototype, name, descriptor);
}

function define(controller: Type, name: string, value: (...parameters: never[]) => unknown): PropertyDescriptor {
  const descriptor = { value, writable: true, configurable: true, enumerable: false };
  Object.defineProperty(controller.prototype, name, descriptor);
  return descriptor;
}
