import { resolve } from 'node:path';
import type { DataSource } from 'typeorm';

/** What of TypeORM's options says which database it is, on the primary. */
interface Place {
  readonly url?: string;
  readonly host?: string;
  readonly port?: number;
  readonly username?: string;
  readonly database?: string;
}

/** Whether two data sources are one database, as far as their options tell: a host may have two on the same one. */
export function isSameDatabase(one: DataSource, other: DataSource): boolean {
  if (one === other) return true;
  const place = placeOf(one);
  return place !== undefined && place === placeOf(other);
}

/** @returns undefined where a data source has a database of its own, or does not tell */
function placeOf({ options }: DataSource): string | undefined {
  if (options.type === 'better-sqlite3') {
    const { database } = options;
    return typeof database !== 'string' || database === '' || database.includes(':memory:')
      ? undefined
      : resolve(database);
  }
  const replication = Reflect.get(options, 'replication') as { readonly master?: Place } | undefined;
  const { url, ...place }: Place = replication?.master ?? (options as Place);
  if (url === undefined) return JSON.stringify([place.host, place.port, place.username, place.database]);
  if (!URL.canParse(url)) return undefined;
  const { hostname, port, username, pathname } = new URL(url);
  return JSON.stringify([hostname, port === '' ? undefined : Number(port), username, pathname.slice(1)]);
}
