import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AccessTokenGuard } from './access-token.guard.js';
import { AuthorizationServer } from './authorization-server.js';
import { environment } from './environment.js';
import { McpController } from './mcp.controller.js';
import { OwnClient } from './own-client.js';
import { ProtectedResourceController } from './protected-resource.controller.js';

@Module({
  controllers: [ProtectedResourceController, McpController],
  providers: [OwnClient, AuthorizationServer, AccessTokenGuard],
})
class McpModule {}

const app = await NestFactory.create(McpModule, { logger: ['warn', 'error'], forceCloseConnections: true });
// MCP Inspector runs in a browser.
app.enableCors({ origin: '*', exposedHeaders: ['WWW-Authenticate', 'Mcp-Session-Id'] });
app.enableShutdownHooks();
await app.listen(environment.port, '127.0.0.1');
console.log(`MCP server: ${environment.resource}, protected by ${environment.issuer}`);
