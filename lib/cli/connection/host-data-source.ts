import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InstanceChecker, type DataSource } from 'typeorm';
import {
  InitialAccessToken,
  OAuthClient,
  type DynamicRegistrationExtras,
  type DynamicRegistrationOptions,
} from '../../index.js';
import { RefusedError } from '../command.error.js';
import type { HostConnection } from './connection.js';
import { SilentLogger } from './silent.logger.js';

/** The name under which the module of a host's data source exports the options of `DynamicRegistrationModule.forRoot`. */
const OPTIONS_EXPORT = 'dynamicRegistration';

/** The options of the module as a host gives them to `forRoot`. */
export type RegistrationOptions = DynamicRegistrationOptions & DynamicRegistrationExtras;

/** What the module of a host's data source exports. */
export interface HostDataSource {
  /** Set to change no table when it is initialized, unless it is already. */
  readonly dataSource: DataSource;
  /** The options of the host's server; undefined where it exports none. */
  readonly registration: RegistrationOptions | undefined;
}

/**
 * Loads the module of a host's data source.
 * @throws RefusedError when it cannot be loaded, or has no data source
 */
export async function loadHostDataSource({ file, name }: HostConnection): Promise<HostDataSource> {
  const exported = await exportsOf(file, name);
  const [dataSource, ...others] = new Set(exported.map(([, value]) => value).filter(isDataSource));
  if (!dataSource) {
    throw new RefusedError(`${name} exports no DataSource of TypeORM: export one, as for TypeORM's own command line`);
  }
  if (others.length > 0) throw new RefusedError(`${name} exports several DataSources of TypeORM: export one`);
  // Those of the server are the server's: a command changes no table behind its back, and its output is its own.
  dataSource.setOptions({
    synchronize: false,
    migrationsRun: false,
    dropSchema: false,
    logging: false,
    logger: new SilentLogger(),
  });
  const registration = exported.find(([member]) => member === OPTIONS_EXPORT)?.[1];
  if (registration !== undefined && (typeof registration !== 'object' || registration === null)) {
    throw new RefusedError(`${OPTIONS_EXPORT} of ${name} must be the options of DynamicRegistrationModule.forRoot`);
  }
  return { dataSource, registration: registration as RegistrationOptions | undefined };
}

/**
 * The entities of a data source whose module exports no options: ours, or those that extend them.
 * @throws RefusedError when it has none
 */
export function entitiesOf({ entityMetadatas }: DataSource, { name }: HostConnection) {
  const extending = <E extends abstract new () => object>(entity: E): E => {
    const found = entityMetadatas.map(({ target }) => target).filter((target) => isKindOf(target, entity));
    const [only] = found;
    if (only !== undefined && found.length === 1) return only as E;
    throw new RefusedError(
      `${name} has ${found.length === 0 ? 'no entity that is' : 'several entities that are'} ${entity.name}: ` +
        `export ${OPTIONS_EXPORT}, the options of DynamicRegistrationModule.forRoot with its entities`,
    );
  };
  return { client: extending(OAuthClient), initialAccessToken: extending(InitialAccessToken) };
}

function isDataSource(value: unknown): value is DataSource {
  return InstanceChecker.isDataSource(value);
}

function isKindOf(target: unknown, entity: { readonly prototype: object }): boolean {
  return typeof target === 'function' && (target === entity || target.prototype instanceof Object(entity));
}

async function exportsOf(file: string, name: string): Promise<[string, unknown][]> {
  try {
    const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(resolve(file)).href);
    // The exports of a CommonJS module may be found in its default one alone.
    const { default: inner } = module;
    const exported = [...Object.entries(module), ...Object.entries(Object(isDataSource(inner) ? {} : inner))];
    return await Promise.all(
      exported.map(async ([member, value]): Promise<[string, unknown]> => [member, await value]),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RefusedError(`${name} cannot be loaded (${reason}): give the path of the built JavaScript module`);
  }
}
