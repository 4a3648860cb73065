import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

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

/** Runs `dcr` as a process of its own, as it is built. */
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

/** Builds the package, unless it is built; `npm test` has done so. */
export async function built(): Promise<void> {
  const sources = (await readdir(join(ROOT, 'lib'), { recursive: true })).filter((file) => file.endsWith('.ts'));
  const stale = await Promise.all(
    sources.map(async (file) => {
      const source = await stat(join(ROOT, 'lib', file));
      const output = await stat(join(ROOT, 'dist/esm', file.replace(/\.ts$/, '.js'))).catch(() => undefined);
      return !output || output.mtimeMs < source.mtimeMs;
    }),
  );
  if (stale.includes(true)) await promisify(execFile)('npx', ['nest', 'build'], { cwd: ROOT });
}
