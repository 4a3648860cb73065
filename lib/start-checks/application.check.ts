import { Scope, VersioningType, type Type } from '@nestjs/common';
import { MetadataScanner, type ApplicationConfig, type ModuleRef, type ModulesContainer } from '@nestjs/core';

import { fail } from '../errors/start-failure.js';
import { RegistrationRoutes } from '../http/registration-routes.js';
import { RegistrationDataSource } from '../storage/registration-data-source.js';
import { tableIdentity } from '../storage/table-identity.js';

/** A module as Nest keeps it. */
type Module = ReturnType<ModulesContainer['values']> extends Iterable<infer M> ? M : never;

/** The host's own classes in one import of the module: its guards, policies and listeners. */
export class HostClasses {
  constructor(readonly all: readonly Type[]) {}
}

/** The host's classes are used outside of any request. */
export function checkSingletons(moduleRef: ModuleRef, classes: readonly Type[]): void {
  for (const type of classes) {
    if (moduleRef.introspect(type).scope !== Scope.DEFAULT) {
      fail(`${type.name} is request-scoped, or injects something that is. Make it a singleton`);
    }
  }
}

/**
 * Two imports in one application must share neither a path nor a table: a token for one must be worth nothing at the other. Nor may both be
 * global: a module that injects a service without an import would be given the one of either.
 */
export function checkSiblings(self: object, own: RegistrationRoutes, modules: ModulesContainer): void {
  for (const module of siblingsOf(self, modules)) {
    if (module.isGlobal && ownModule(self, modules).isGlobal) {
      fail('two imports are global. Leave isGlobal out of one of them, and import it where its services are injected');
    }
    const routes = module.getProviderByKey<RegistrationRoutes>(RegistrationRoutes)?.instance;
    const shared = routes && own.paths.find((path) => routes.paths.some((one) => overlaps(path, one)));
    if (shared !== undefined) {
      fail(`two imports are mounted at ${shared}. Give one of them another "path", "mount" or "issuer"`);
    }
  }
}

/** The same for their tables, once those of this import are there; the last one to ask finds what is shared. */
export async function checkSharedTables(
  self: object,
  own: RegistrationDataSource,
  modules: ModulesContainer,
): Promise<void> {
  const others = siblingsOf(self, modules).map(
    (module) => module.getProviderByKey<RegistrationDataSource>(RegistrationDataSource)?.instance,
  );
  if (others.length === 0) return;
  for (const entity of ['client', 'initialAccessToken'] as const) {
    const metadata = own.metadataOf(entity);
    const identity = await tableIdentity(own.dataSource, metadata);
    own.tables.set(entity, identity);
    if (others.every((other) => other?.tables.get(entity) !== identity)) continue;
    fail(
      `two imports share the table ${metadata.tablePath}. Give one of them another "entities.${entity}" or "dataSource"`,
    );
  }
}

function siblingsOf(self: object, modules: ModulesContainer): Module[] {
  return [...modules.values()].filter(
    ({ metatype, instance }) => metatype === self.constructor && instance && instance !== self,
  );
}

/** This import of the module as Nest keeps it in one application. */
export function ownModule(self: object, modules: ModulesContainer): Module {
  const own = [...modules.values()].find((module) => module.instance === self);
  return own ?? fail('the module is not part of the application');
}

/** Routes are where the issuer says: moved, they would not be at the URLs that are given to clients. */
export function checkRouterModule(self: object, modules: ModulesContainer): void {
  const path = Reflect.getMetadata(`__module_path__${modules.applicationId}`, self.constructor) as string | undefined;
  if (path !== undefined) {
    fail(`RouterModule moves the routes to ${path}. Leave this module out there, and give "path" or "mount"`);
  }
}

/**
 * Our routes are exempt from the global prefix by their path, and with them would be a route of the host of the very same path. Without a
 * prefix one of two routes for the same requests would never be reached.
 */
export function checkHostRoutes(
  own: RegistrationRoutes,
  application: ApplicationConfig,
  modules: ModulesContainer,
): void {
  const prefix = application.getGlobalPrefix();
  if (!prefix && application.getVersioning()?.type === VersioningType.URI) return;
  // Parameters differ in their names alone for requests, but not for the exemption.
  const form = (path: string) => (prefix ? path : path.replaceAll(/:[^/]+/g, ':'));
  const ours = own.paths.map(form);
  for (const module of modules.values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype !== 'function' || module.getProviderByKey(RegistrationRoutes)) continue;
      const path = routesOf(metatype).find((route) => ours.includes(form(route)));
      if (path === undefined) continue;
      fail(`${metatype.name} has a route at ${path} too. Give the module another "path" or "mount"`);
    }
  }
}

/** A segment of one path may be the client_id of another one. */
function overlaps(path: string, other: string): boolean {
  const [left, right] = [path, other].map((one) => one.split('/'));
  if (!left || !right || left.length !== right.length) return false;
  return left.every((segment, i) => segment === right[i] || segment.startsWith(':') || right[i]?.startsWith(':'));
}

/** The paths of a controller's handlers, as its decorators say. */
function routesOf(controller: NonNullable<unknown> & { readonly prototype?: unknown }): string[] {
  const prototype = controller.prototype as object;
  const bases = pathsOf(controller);
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler: unknown = Reflect.get(prototype, name);
    const paths = typeof handler === 'function' ? pathsOf(handler) : [];
    return bases.flatMap((base) => paths.map((path) => `/${base}/${path}`.replaceAll(/\/+/g, '/').replace(/\/$/, '')));
  });
}

function pathsOf(target: object): string[] {
  const path: unknown = Reflect.getMetadata('path', target);
  return [path].flat().filter((one): one is string => typeof one === 'string');
}
