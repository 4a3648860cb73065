import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  /** The folder with `dist/`. @default this package */
  readonly root?: string;
}

/** Runs `dcr` as a process of its own, as `npm test` has built it. */
export async function dcr(args: readonly string[], { env = {}, root = ROOT }: RunOptions = {}): Promise<Finished> {
  const { DATABASE_URL: _, ...inherited } = process.env;
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(root, MAIN), ...args],
      { env: { ...inherited, ...env }, timeout: 25_000 },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ code: Number(error?.code ?? 0), stdout, stderr });
      },
    );
  });
}
