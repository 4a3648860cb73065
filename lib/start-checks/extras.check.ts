import type { Type } from '@nestjs/common';
import { RegistrationListener } from '../client-registration/registration.listener.js';
import { RegistrationPolicy } from '../client-registration/registration.policy.js';
import { OPTION_NAMES, wayFrom } from './options.check.js';
import { EXTRAS, type DynamicRegistrationExtras } from '../dynamic-registration.options.js';
import { flag, isObject, listOf, members, must, type Check } from './value.checks.js';
import { didYouMean } from './nearest-name.js';
import { fail } from '../errors/start-failure.js';
import { InitialAccessTokenGuard } from '../initial-access-token/initial-access-token.guard.js';
import { RegistrationAccessTokenGuard } from '../registration-access-token/registration-access-token.guard.js';

const entity = must(isClass, 'must be an entity class, such as entities: { client: App }');

const CHECKS: Readonly<Record<keyof DynamicRegistrationExtras, Check>> = {
  isGlobal: flag,
  imports: must(Array.isArray, 'must be a list of modules'),
  entities: members({ client: entity, initialAccessToken: entity }),
  dataSource: must(
    (value) => typeof value === 'string' && value !== '',
    "must be the name of a data source, as in TypeOrmModule.forRoot({ name: 'auth', ... })",
  ),
  // A guard that does not extend ours would let requests through without the credential the handlers need.
  guards: members({
    registration: must((value) => isA(value, InitialAccessTokenGuard), 'must extend InitialAccessTokenGuard'),
    configuration: must(
      (value) => isA(value, RegistrationAccessTokenGuard),
      'must extend RegistrationAccessTokenGuard',
    ),
  }),
  policies: classesOf(RegistrationPolicy, 'policies: [MyPolicy]'),
  listeners: classesOf(RegistrationListener, 'listeners: [MyListener]'),
  providers: listOf(
    must((value) => isClass(value) || (isObject(value) && 'provide' in value), 'must be a class or { provide, ... }'),
    'must be a list of providers',
  ),
  decorators: listOf(
    must((value) => typeof value === 'function', 'must be a class decorator, such as decorators: [Public()]'),
    'must be a list of class decorators, such as decorators: [Public()]',
  ),
};

/** What `forRootAsync` takes beside the static options. */
const FACTORIES = ['useFactory', 'useClass', 'useExisting'] as const;
const ASYNC_NAMES: readonly string[] = [...FACTORIES, 'inject', 'provideInjectionTokensFrom'];

/**
 * Checks the static options; what else is in the object is for others to judge.
 * @throws Error naming the option and the way out
 */
export function checkExtras(extras: DynamicRegistrationExtras): void {
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = extras[name as keyof DynamicRegistrationExtras];
    const wrong = value === undefined ? undefined : check(value, name);
    if (wrong !== undefined) fail(wrong);
  }
}

/**
 * Checks what stands beside the factory, by its name: Nest would pass over a name that it does not know.
 * @throws Error naming the option and the way out
 */
export function checkBesideFactory(options: object): void {
  if (!isObject(options))
    fail('the options are missing. Give at least forRootAsync({ useFactory: () => ({ issuer: ... }) })');
  const known = [...ASYNC_NAMES, ...Object.keys(EXTRAS)];
  for (const name of Object.keys(options)) {
    if (OPTION_NAMES.includes(name)) {
      fail(
        `"${name}" must stand in what the factory returns, not beside it: forRootAsync({ useFactory: () => ({ ${name}: ... }) })`,
      );
    }
    if (!known.includes(name)) {
      const way = didYouMean(name, ASYNC_NAMES) || wayFrom(name);
      fail(`"${name}" is no option${way ?? `. Beside a factory stand ${known.join(', ')}`}`);
    }
  }
  const given = FACTORIES.filter((name) => options[name] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none' : given.join(' and ');
    fail(`forRootAsync takes one of ${FACTORIES.join(', ')}, and was given ${found}`);
  }
  checkExtras(options);
}

function classesOf(parent: abstract new (...args: never[]) => unknown, example: string): Check {
  const one = must(
    (value) => isA(value, parent) && value !== parent,
    `must be a class that extends ${parent.name}, such as ${example}`,
  );
  return listOf(one, `must be a list of classes that extend ${parent.name}, such as ${example}`);
}

function isClass(value: unknown): value is Type {
  return typeof value === 'function' && typeof value.prototype === 'object';
}

function isA(value: unknown, parent: abstract new (...args: never[]) => unknown): boolean {
  return isClass(value) && (value === parent || value.prototype instanceof parent);
}
