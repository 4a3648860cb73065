import { Scope, type Type } from '@nestjs/common';
import type { ModuleRef, ModulesContainer } from '@nestjs/core';
import { fail } from './dynamic-registration.options-check.js';
import type { DynamicRegistrationExtras } from './dynamic-registration.options.js';
import { RegistrationRoutes } from './http/registration-routes.js';
import { InitialAccessTokenGuard } from './initial-access-token/initial-access-token.guard.js';
import { RegistrationAccessTokenGuard } from './registration-access-token/registration-access-token.guard.js';
import { RegistrationDataSource } from './storage/registration-data-source.js';

/** A guard that does not extend ours would let requests through without the credential the handlers need. */
export function checkGuards(guards: DynamicRegistrationExtras['guards']): void {
  const { registration, configuration } = guards ?? {};
  if (registration && !isA(registration, InitialAccessTokenGuard)) {
    fail('"guards.registration" must extend InitialAccessTokenGuard');
  }
  if (configuration && !isA(configuration, RegistrationAccessTokenGuard)) {
    fail('"guards.configuration" must extend RegistrationAccessTokenGuard');
  }
}

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

/** Two imports in one application must share neither a path nor the table of clients. */
export function checkSiblings(
  self: object,
  own: RegistrationRoutes,
  storage: RegistrationDataSource,
  modules: ModulesContainer,
): void {
  for (const module of modules.values()) {
    const sibling = module.metatype === self.constructor ? module.instance : undefined;
    if (!sibling || sibling === self) continue;
    const routes = module.getProviderByKey<RegistrationRoutes>(RegistrationRoutes)?.instance;
    const other = module.getProviderByKey<RegistrationDataSource>(RegistrationDataSource)?.instance;
    const shared = own.paths.find((path) => routes?.paths.includes(path));
    if (shared !== undefined) {
      fail(`two imports are mounted at ${shared}. Give one of them another "path", "mount" or "issuer"`);
    }
    if (other && other.dataSource === storage.dataSource && tableOf(other) === tableOf(storage)) {
      fail(
        `two imports keep their clients in ${tableOf(storage)}. Give one of them another "entities.client" or "dataSource"`,
      );
    }
  }
}

function tableOf(storage: RegistrationDataSource): string {
  return storage.metadataOf('client').tablePath;
}

function isA(type: Type, parent: abstract new (...args: never[]) => unknown): boolean {
  return type === parent || type.prototype instanceof parent;
}
