import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../lib/cli/program.js';

/** The folder of the package. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join('dist', 'esm', 'cli', 'main.js');

/** What a finished command leaves. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
}

/** Runs `dcr` within this process, one command at a time: it takes a second to load. */
export async function dcr(args: readonly string[], { env = {} }: RunOptions = {}): Promise<Finished> {
  const { stdout, stderr } = process;
  const [output, errors] = [capture(stdout), capture(stderr)];
  const { DATABASE_URL: before } = process.env;
  delete process.env['DATABASE_URL'];
  Object.assign(process.env, env);
  try {
    const code = await run([process.execPath, MAIN, ...args]);
    return { code, stdout: output.text(), stderr: errors.text() };
  } finally {
    delete process.env['DATABASE_URL'];
    if (before !== undefined) process.env['DATABASE_URL'] = before;
    output.stop();
    errors.stop();
  }
}

export interface ProcessOptions extends RunOptions {
  /** The folder with `dist/`. @default this package */
  readonly root?: string;
  /** What stands on the standard input. @default nothing, and it stays open */
  readonly input?: string;
}

/** Runs `dcr` as a process of its own, as `npm test` has built it. */
export async function dcrProcess(
  args: readonly string[],
  { env = {}, root = ROOT, input }: ProcessOptions = {},
): Promise<Finished> {
  const { DATABASE_URL: _, ...inherited } = process.env;
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [join(root, MAIN), ...args],
      { env: { ...inherited, ...env }, timeout: 25_000 },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      },
    );
    if (input !== undefined) child.stdin?.end(input);
  });
}

function capture(stream: NodeJS.WriteStream): { text(): string; stop(): void } {
  const write = stream.write.bind(stream);
  let text = '';
  stream.write = (chunk: string | Uint8Array) => {
    text += Buffer.from(chunk as string).toString();
    return true;
  };
  return { text: () => text, stop: () => void (stream.write = write) };
}
