import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests that end processes, databases or the whole application: each file has a process of its own. */
const APART = [
  'test/browser/**',
  'test/cli/clients-transfer.e2e-spec.ts',
  'test/cli/failures.e2e-spec.ts',
  'test/cli/processes.e2e-spec.ts',
  'test/contract/**',
  'test/docs/*.e2e-spec.ts',
  'test/faults/**',
  'test/openapi/sample.e2e-spec.ts',
  'test/package.spec.ts',
  'test/sample/authorization-server.e2e-spec.ts',
  'test/sample/authorization-server/**',
  'test/sample/client-documents.e2e-spec.ts',
  'test/sample/mcp-server.e2e-spec.ts',
  'test/storage/**',
  'test/two-in-one-process.e2e-spec.ts',
];

/**
 * Tests of whole samples, guides and commands, of broken servers, and of what uses no other package. A run on another line can do without them:
 * `TEST_LIBRARY=alone`.
 */
const BESIDE_LIBRARY = [
  'test/openapi/**',
  'test/outbound-requests/**',
  'test/package.spec.ts',
  'test/policies/**',
  'test/presets/**',
  'test/remote-document/**',
  'test/software-statement/**',
  'test/browser/**',
  'test/cli/**',
  'test/contract/**',
  'test/docs/*.e2e-spec.ts',
  'test/faults/**',
  'test/sample/**',
];
const leftOut = process.env['TEST_LIBRARY'] === 'alone' ? BESIDE_LIBRARY : [];

/** What every project has. */
export const base = {
  resolve: {
    // Tests and samples import the package by its name and run against its sources.
    alias: [
      {
        find: /^nestjs-dynamic-registration$/,
        replacement: fileURLToPath(new URL('lib/index.ts', import.meta.url)),
      },
      {
        find: /^nestjs-dynamic-registration\/testing$/,
        replacement: fileURLToPath(new URL('lib/testing.ts', import.meta.url)),
      },
      {
        find: /^nestjs-dynamic-registration\/(oidc-provider|oauth2-server)$/,
        replacement: fileURLToPath(new URL('lib/adapters/$1.ts', import.meta.url)),
      },
      {
        find: /^nestjs-dynamic-registration\/open-finance-brasil$/,
        replacement: fileURLToPath(new URL('lib/presets/open-finance-brasil.ts', import.meta.url)),
      },
    ],
  },
  test: {
    pool: 'forks',
    // One more than the smallest machine has cores: much of the time of a test is waiting.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    provide: { host: 'plain' },
  },
} as const;

/** What a run has once. */
export const run = {
  globalSetup: ['./test/support/global-setup.ts'],
  reporters: ['default', './test/support/plain-reporter.ts'],
};

const files = ['test/**/*.spec.ts', 'test/**/*.e2e-spec.ts'];

export default defineConfig({
  ...base,
  test: {
    ...run,
    projects: [
      // Loading NestJS and TypeORM anew for each file would take a quarter of all time.
      {
        ...base,
        test: {
          ...base.test,
          name: 'together',
          isolate: false,
          include: files,
          exclude: [...APART, ...leftOut],
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...base,
        test: {
          ...base.test,
          name: 'apart',
          exclude: leftOut,
          include: APART.map((path) => path.replace(/\*\*$/, '**/*spec.ts')),
          // These wait even more: for processes to start and end, for locks and for time limits.
          maxWorkers: 5,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts'],
      reporter: ['text', 'html'],
      // What is valid and what matches is decided in these files, so each of them is covered on its own.
      thresholds: {
        perFile: true,
        'lib/**/*.rules.ts': { lines: 95 },
        'lib/**/*.matching.ts': { lines: 95 },
      },
    },
  },
});
