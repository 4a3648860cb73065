import { freePort } from '../support/free-port.js';
import { startProcess } from '../support/started-process.js';

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
  const started = await startProcess(
    'build/sample/mcp-server/main.js',
    { PORT: String(port), ...environment },
    (output) => output.includes('MCP server: '),
  );
  return {
    url: new URL(`http://localhost:${port}/mcp`),
    get output() {
      return started.output;
    },
    stop: async () => {
      await started.end('SIGTERM');
    },
  };
}
