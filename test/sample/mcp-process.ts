import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The MCP server of `sample/` in a process of its own. */
export interface McpProcess {
  readonly url: URL;
  /** What it has printed and logged. */
  readonly output: string;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>;
}

/** Starts what `npm run sample:mcp` starts, as `npm test` has built it, on a free port. */
export async function startMcpProcess(environment: Readonly<Record<string, string>>): Promise<McpProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, ['build/sample/mcp-server/main.js'], {
    cwd: root,
    env: { ...process.env, PORT: String(port), ...environment },
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
      if (output.includes('MCP server: ')) resolve();
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('exit', () => reject(new Error(`the MCP server did not start: ${output}`)));
  });
  return {
    url: new URL(`http://localhost:${port}/mcp`),
    get output() {
      return output;
    },
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}
