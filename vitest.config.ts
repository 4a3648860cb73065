import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
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
    ],
  },
  test: {
    include: ['test/**/*.spec.ts', 'test/**/*.e2e-spec.ts'],
    globalSetup: ['./test/support/global-setup.ts'],
    reporters: ['default', './test/support/plain-reporter.ts'],
    pool: 'forks',
    // One more than the smallest machine has cores: much of the time of a test is waiting.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    provide: { host: 'plain' },
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
