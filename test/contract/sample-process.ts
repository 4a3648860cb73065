import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

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

/** How a process has ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Starts what `npm start` starts, as `npm test` has built it, on a free port, and waits for the last line it prints. */
export async function startSampleProcess(environment: Readonly<Record<string, string>>): Promise<SampleProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, ['build/sample/authorization-server/main.js'], {
    cwd: root,
    env: { ...process.env, PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const abandon = () => child.kill();
  process.once('exit', abandon);
  child.once('exit', () => process.off('exit', abandon));
  const end = async (sent: NodeJS.Signals): Promise<Ending> => {
    child.kill(sent);
    const [code, signal] = (await ended) as [number | null, string | null];
    return { code, signal };
  };
  let text = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: string) => {
      text += chunk;
      if (/^curl .*\n/m.test(text)) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('exit', () => reject(new Error(`the sample did not start: ${text}`)));
  });
  return {
    port,
    issuer: `http://localhost:${port}`,
    get output() {
      return text.split('\n');
    },
    printed: (begin) => {
      const line = text.split('\n').find((one) => one.startsWith(begin));
      if (line === undefined) throw new Error(`the sample printed no line with ${begin}`);
      return line.slice(begin.length);
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
