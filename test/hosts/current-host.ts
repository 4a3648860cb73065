import { inject } from 'vitest';
import type { HostName } from './host-names.js';
import type { HostProfile } from './host-profile.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The host that the tests of this run are in. */
    host: HostName;
  }
}

/** The host of this run by its name. */
export const currentHostName: HostName = inject('host');

/** The host of this run. What hosts are made of takes long to load, and most runs are in the plain one. */
export const currentHost: HostProfile =
  currentHostName === 'plain' ? {} : (await import('./catalogue.js')).hosts[currentHostName];
