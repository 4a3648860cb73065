import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { run } from '../../lib/cli/program.js';

/** The folder of the package. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** What `dcr` is run from, in that folder. */
export const MAIN = join('dist', 'esm', 'cli', 'main.js');
const MOST_OUTPUT = 1_000_000_000;

/** What a finished command leaves. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  /** The working directory. @default that of the tests */
  readonly cwd?: string;
}

/** Runs `dcr` within this process, one command at a time: it takes a second to load. */
export async function dcr(args: readonly string[], { env = {}, cwd }: RunOptions = {}): Promise<Finished> {
  const { stdout, stderr } = process;
  const [output, errors] = [capture(stdout), capture(stderr)];
  const { DATABASE_URL: before } = process.env;
  const folder = process.cwd();
  delete process.env['DATABASE_URL'];
  Object.assign(process.env, env);
  if (cwd !== undefined) process.chdir(cwd);
  try {
    const code = await run([process.execPath, MAIN, ...args]);
    return { code, stdout: output.text(), stderr: errors.text() };
  } finally {
    if (cwd !== undefined) process.chdir(folder);
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
  /** How long it may take, in milliseconds. @default a minute */
  readonly timeout?: number;
}

/** Runs `dcr` as a process of its own, as `npm test` has built it. */
export async function dcrProcess(
  args: readonly string[],
  { env = {}, cwd, root = ROOT, input, timeout = 60_000 }: ProcessOptions = {},
): Promise<Finished> {
  const { DATABASE_URL: _, ...inherited } = process.env;
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [join(root, MAIN), ...args],
      { env: { ...inherited, ...env }, ...(cwd !== undefined && { cwd }), timeout, maxBuffer: MOST_OUTPUT },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      },
    );
    if (input !== undefined) child.stdin?.end(input);
  });
}

/** A client as the command line prints it. */
export type ShownClient = Readonly<Record<string, unknown>>;

/** What a command that succeeded printed for people, by its names. */
export function factsOf({ code, stdout, stderr }: Finished): Record<string, string> {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.replace(/^\S+: +/, '')]));
}

/** A client that a command printed for programs. */
export function jsonOf(finished: Finished): ShownClient {
  return parsedOutput(finished) as ShownClient;
}

/** The clients that a command printed for programs. */
export function jsonListOf(finished: Finished): readonly ShownClient[] {
  return parsedOutput(finished) as ShownClient[];
}

/** How a command ends that was refused, with this message. */
export function refused(message: string): Finished {
  return { code: 1, stdout: '', stderr: `error: ${message}\n` };
}

function parsedOutput({ code, stdout, stderr }: Finished): unknown {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const value: unknown = JSON.parse(stdout);
  expect(stdout).toBe(`${JSON.stringify(value, null, 2)}\n`);
  return value;
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
