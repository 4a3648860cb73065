import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** How a process has ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A program that `npm test` has built, in a process of its own. */
export interface StartedProcess {
  /** What it has printed and logged. */
  readonly output: string;
  /** Sends a signal and answers when the process has ended. */
  end(signal: NodeJS.Signals): Promise<Ending>;
}

/** Starts a program of this package, and waits until what it has printed says that it is ready. */
export async function startProcess(
  program: string,
  environment: Readonly<Record<string, string>>,
  isReady: (output: string) => boolean,
): Promise<StartedProcess> {
  const child = spawn(process.execPath, [program], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const abandon = () => child.kill();
  process.once('exit', abandon);
  child.once('exit', () => process.off('exit', abandon));
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: string) => {
      output += chunk;
      if (isReady(output)) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('exit', () => reject(new Error(`${program} did not start: ${output}`)));
  });
  return {
    get output() {
      return output;
    },
    end: async (sent) => {
      child.kill(sent);
      const [code, signal] = (await ended) as [number | null, string | null];
      return { code, signal };
    },
  };
}
