import { defineConfig } from 'vitest/config';
import { EXCLUDED_TESTS, WIRE_TESTS } from './test/hosts/wire-tests.js';
import { HOST_NAMES } from './test/hosts/host-names.js';
import { base, run } from './vitest.config.js';

/** The tests of the wire, once in every host of the catalogue but the plain one, which is that of `npm test`. */
export default defineConfig({
  ...base,
  test: {
    ...run,
    projects: HOST_NAMES.filter((host) => host !== 'plain').map((host) => ({
      ...base,
      test: {
        ...base.test,
        name: host,
        isolate: false,
        provide: { host },
        include: [...WIRE_TESTS],
        exclude: EXCLUDED_TESTS.filter(({ hosts }) => hosts.includes(host)).map(({ file }) => file),
      },
    })),
  },
});
