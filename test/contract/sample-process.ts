import { freePort } from '../support/free-port.js';
import { startProcess, type Ending } from '../support/started-process.js';

/** The authorization server of `sample/` in a process of its own. */
export interface SampleProcess {
  readonly port: number;
  readonly issuer: string;
  /** What it has printed. */
  readonly output: readonly string[];
  /** The rest of the line that begins with this. */
  printed(begin: string): string;
  /** Sends SIGTERM and answers when the process has ended. */
  stop(): Promise<Ending>;
  /** Sends SIGKILL and answers when the process has ended. */
  kill(): Promise<Ending>;
}

/** Starts what `npm start` starts, as `npm test` has built it, on a free port, and waits for the last line it prints. */
export async function startSampleProcess(environment: Readonly<Record<string, string>>): Promise<SampleProcess> {
  const port = await freePort();
  const started = await startProcess(
    'build/sample/authorization-server/main.js',
    { PORT: String(port), ...environment },
    (output) => /^curl .*\n/m.test(output),
  );
  return {
    port,
    issuer: `http://localhost:${port}`,
    get output() {
      return started.output.split('\n');
    },
    printed: (begin) => {
      const line = started.output.split('\n').find((one) => one.startsWith(begin));
      if (line === undefined) throw new Error(`the sample printed no line with ${begin}`);
      return line.slice(begin.length);
    },
    stop: () => started.end('SIGTERM'),
    kill: () => started.end('SIGKILL'),
  };
}
