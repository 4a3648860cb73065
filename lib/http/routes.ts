import {
  Controller,
  Delete,
  Get,
  Post,
  Put,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
  type CanActivate,
  type ExceptionFilter,
  type Type,
} from '@nestjs/common';

/** One method of a resource: the controller's handler, behind these guards. */
export interface Operation {
  readonly handler: string;
  readonly guards: readonly CanActivate[];
}

const METHODS = { GET: Get, POST: Post, PUT: Put, DELETE: Delete } as const;
export type Method = keyof typeof METHODS;

/** A path and what can be done with it. */
export interface Resource {
  readonly path: string;
  readonly operations: Partial<Record<Method, Operation>>;
}

/** The methods of a resource, for `Allow`. HEAD is answered as GET by Express and Fastify themselves. */
export function allowedMethods({ operations }: Resource): readonly string[] {
  const offered = Object.keys(operations);
  return [...(offered.includes('GET') ? ['HEAD'] : []), ...offered, 'OPTIONS'];
}

/** Whether the body of such a request means anything. */
export function readsBody({ operations }: Resource, method: string): boolean {
  return (method === 'POST' || method === 'PUT') && method in operations;
}

/** Makes a controller class for one import of the module: two imports must not share path, guards and decorators. */
export function controllerOf<T extends object>(base: Type<T>, decorators: readonly ClassDecorator[]): Type<T> {
  const own = { [base.name]: class extends (base as Type<object>) {} }[base.name] as Type<T>;
  for (const decorate of decorators) decorate(own);
  return own;
}

/** A controller of one application: its class, by which Nest reads the routes, and its instance. */
export interface ApplicationController {
  metatype: Type | Function | null;
  readonly instance: object;
}

/**
 * Mounts a resource at its path as it stands, for every version of the host. Runs when an application is about to read its routes, and gives it
 * a class of its own: several applications may be made of the same modules, and start at the same time.
 */
export function mount(own: ApplicationController, { path, operations }: Resource, filter: ExceptionFilter): void {
  const controller = controllerOf(own.metatype as Type<object>, []);
  Controller({ path, version: VERSION_NEUTRAL })(controller);
  for (const [method, operation] of Object.entries(operations)) {
    addHandler(controller, METHODS[method as Method](), operation, filter);
  }
  own.metatype = controller;
  Object.setPrototypeOf(own.instance, controller.prototype);
}

/** The handler under a function of its own: Nest keeps route, guards and filter on the function. */
function addHandler(
  controller: Type,
  route: MethodDecorator,
  { handler, guards }: Operation,
  filter: ExceptionFilter,
): void {
  const inherited = controller.prototype[handler] as (...parameters: unknown[]) => unknown;
  const descriptor = {
    value(this: unknown, ...parameters: unknown[]): unknown {
      return inherited.apply(this, parameters);
    },
    writable: true,
    configurable: true,
  };
  Object.defineProperty(controller.prototype, handler, descriptor);
  route(controller.prototype, handler, descriptor);
  UseFilters(filter)(controller.prototype, handler, descriptor);
  if (guards.length > 0) UseGuards(...guards)(controller.prototype, handler, descriptor);
}
