import type { Logger } from 'typeorm';

/** TypeORM's own logger tells of a failed migration on the standard output, whatever `logging` says. */
export class SilentLogger implements Logger {
  logQuery(): void {}
  logQueryError(): void {}
  logQuerySlow(): void {}
  logSchemaBuild(): void {}
  logMigration(): void {}
  log(): void {}
}
