import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import type { DynamicRegistrationExtras } from 'nestjs-dynamic-registration';

/** An application that was never written for the module: what it has besides the module, and settles for everything in it. */
export interface HostProfile {
  /** What clients know the authorization server by; `http://localhost:4999` unless given. */
  readonly issuer?: string;
  /** Where a proxy that takes the path of the issuer off finds the registration endpoint. */
  readonly mount?: string;
  readonly imports?: ModuleMetadata['imports'];
  readonly controllers?: ModuleMetadata['controllers'];
  readonly providers?: ModuleMetadata['providers'];
  /** What such a host gives to the module, because the module cannot know it. */
  readonly options?: Pick<DynamicRegistrationExtras, 'decorators' | 'entities' | 'imports'>;
  /** Options of the data source; `migrations` run after those of the module. */
  readonly typeorm?: Partial<TypeOrmModuleOptions> & { readonly migrations?: readonly (new () => object)[] };
  /** The host's own settings before the application is initialised. */
  readonly configure?: (app: INestApplication) => void;
  /** What runs beside HTTP, once everything is set. */
  readonly start?: (app: INestApplication) => Promise<void>;
}

/** A host that is all of these at once. */
export function combined(...hosts: readonly HostProfile[]): HostProfile {
  return hosts.reduce((one, other) => ({
    ...one,
    ...other,
    imports: [...(one.imports ?? []), ...(other.imports ?? [])],
    controllers: [...(one.controllers ?? []), ...(other.controllers ?? [])],
    providers: [...(one.providers ?? []), ...(other.providers ?? [])],
    options: {
      decorators: [...(one.options?.decorators ?? []), ...(other.options?.decorators ?? [])],
      entities: { ...one.options?.entities, ...other.options?.entities },
      imports: [...(one.options?.imports ?? []), ...(other.options?.imports ?? [])],
    },
    typeorm: { ...one.typeorm, ...other.typeorm },
    configure: (app) => {
      one.configure?.(app);
      other.configure?.(app);
    },
    start: async (app) => {
      await one.start?.(app);
      await other.start?.(app);
    },
  }));
}
