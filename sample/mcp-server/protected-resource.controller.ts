import { Controller, Get } from '@nestjs/common';
import { environment } from './environment.js';

/** The protected resource metadata document (RFC 9728), where a client learns who protects this server. */
@Controller('.well-known/oauth-protected-resource/mcp')
export class ProtectedResourceController {
  @Get()
  read(): object {
    return {
      resource: environment.resource,
      authorization_servers: [environment.issuer],
      scopes_supported: environment.scopes,
      bearer_methods_supported: ['header'],
      resource_name: 'Tide tables',
    };
  }
}
