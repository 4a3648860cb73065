import { Logger, type LoggerService } from '@nestjs/common';

/** One call of Nest's logger: everything it was given, as text. */
export interface LogLine {
  readonly level: string;
  readonly text: string;
}

/** What Nest's logger is told from now on, until `stop()`. */
export interface CapturedLog {
  readonly lines: readonly LogLine[];
  /** All lines of one level as text. */
  of(level: string): string[];
  stop(): void;
}

/** Takes the place of Nest's logger; start it when the application runs, since creating one sets the logger. */
export function captureLog(): CapturedLog {
  const lines: LogLine[] = [];
  const take =
    (level: string) =>
    (message: unknown, ...rest: unknown[]): void => {
      lines.push({ level, text: [message, ...rest].map(asText).join(' ') });
    };
  const logger: LoggerService = {
    log: take('log'),
    error: take('error'),
    warn: take('warn'),
    debug: take('debug'),
    verbose: take('verbose'),
    fatal: take('fatal'),
  };
  Logger.overrideLogger(logger);
  return {
    lines,
    of: (level) => lines.filter((line) => line.level === level).map(({ text }) => text),
    stop: () => Logger.overrideLogger(false),
  };
}

function asText(value: unknown): string {
  if (value instanceof Error) return `${value.stack} ${JSON.stringify(value)}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
