import { authorizationHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/authorize.js';
import { revocationHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/revoke.js';
import { tokenHandler } from '@modelcontextprotocol/sdk/server/auth/handlers/token.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import type { INestApplication } from '@nestjs/common';

/** Before `app.listen()`. */
export function mountMcpEndpoints(app: INestApplication, provider: OAuthServerProvider): void {
  app.use('/authorize', authorizationHandler({ provider }));
  app.use('/token', tokenHandler({ provider }));
  if (provider.revokeToken) app.use('/revoke', revocationHandler({ provider }));
}
