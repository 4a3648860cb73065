import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

/** What there is to call. */
export function tidesServer(): McpServer {
  const server = new McpServer({ name: 'tides', version: '1.0.0' });
  server.registerTool('tides', { description: 'Tells when the next high water is' }, () => text('high water at 04:12'));
  server.registerTool('whoami', { description: 'Tells whose token this is' }, ({ authInfo }) =>
    text(`${String(authInfo?.extra?.['subject'])} by ${authInfo?.clientId}`),
  );
  return server;
}

function text(value: string) {
  return { content: [{ type: 'text' as const, text: value }] };
}
