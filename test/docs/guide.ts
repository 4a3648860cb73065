import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { freePort } from '../support/free-port.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** An application made of the code blocks of a guide, in a process of its own. */
export interface RunningGuide {
  readonly url: string;
  /** The rest of the line that begins with this. */
  printed(begin: string): string;
  /** Runs the one command of the guide that contains this, against this application. */
  command(part: string, environment?: Readonly<Record<string, string>>): Promise<string>;
  stop(): Promise<void>;
}

/** Follows a guide: writes its files, compiles them against the built package with all checks, and starts its `main`. */
export async function followGuide(
  name: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningGuide> {
  const page = readFileSync(join(root, 'docs', `${name}.md`), 'utf8');
  const folder = join(root, 'build/guides', name);
  rmSync(folder, { recursive: true, force: true });
  const sources = filesOf(page).map(({ path, text }) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  });
  compile(sources, folder);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const child = spawn(process.execPath, [join(folder, 'dist/main.js')], {
    cwd: folder,
    env: { ...process.env, PORT: String(port), ISSUER: url, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const text = await printedUntil(child, /^TOKEN=.*\n/m);
  return {
    url,
    printed: (begin) => {
      const line = text.split('\n').find((one) => one.startsWith(begin));
      if (line === undefined) throw new Error(`nothing was printed that begins with ${begin}`);
      return line.slice(begin.length);
    },
    command: (part, values = {}) =>
      shell(theOne(commandsOf(page), part).replaceAll('http://localhost:3000', url), values),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The code blocks that name their file in the first line. */
function filesOf(page: string): { path: string; text: string }[] {
  return [...page.matchAll(/^```ts\n\/\/ src\/(\S+)\n(.*?)^```$/gms)].map(([, path = '', text = '']) => ({
    path,
    text,
  }));
}

function commandsOf(page: string): string[] {
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text.trim());
}

function theOne(commands: readonly string[], part: string): string {
  const found = commands.filter((command) => command.includes(part));
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} commands contain ${part}`);
  return found[0];
}

/** With the options of this project; the package is found by its own name, as it is built. */
function compile(sources: readonly string[], folder: string): void {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: Record<string, unknown> };
  };
  const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, paths: {} }, root);
  const program = ts.createProgram([...sources], {
    ...options,
    noEmit: false,
    incremental: false,
    declaration: false,
    rootDir: folder,
    outDir: join(folder, 'dist'),
  });
  const emitted = program.emit();
  const diagnostics = [...ts.getPreEmitDiagnostics(program), ...emitted.diagnostics];
  if (diagnostics.length > 0) {
    const host = {
      getCanonicalFileName: (path: string) => path,
      getCurrentDirectory: () => root,
      getNewLine: () => '\n',
    };
    throw new Error(ts.formatDiagnostics(diagnostics, host));
  }
}

async function printedUntil(child: ReturnType<typeof spawn>, end: RegExp): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (end.test(text)) resolve(text);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => reject(new Error(`the application of the guide did not start: ${text}`)));
  });
}

async function shell(command: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn('sh', ['-c', command], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${text}`);
  return text;
}
