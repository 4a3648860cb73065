import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { All, Controller, HttpException, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AccessTokenGuard } from './access-token.guard.js';
import { tidesServer } from './tides.server.js';

/** The MCP endpoint, Streamable HTTP without sessions: each request is answered by a server of its own. */
@Controller('mcp')
@UseGuards(AccessTokenGuard)
export class McpController {
  @Post()
  async handle(@Req() request: Request, @Res() response: Response): Promise<void> {
    const server = tidesServer();
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    response.on('close', () => void server.close());
    await server.connect(transport);
    await transport.handleRequest(request, response, request.body);
  }

  @All()
  other(@Res({ passthrough: true }) response: Response): never {
    response.setHeader('Allow', 'POST');
    throw new HttpException({ error: 'invalid_request' }, 405);
  }
}
