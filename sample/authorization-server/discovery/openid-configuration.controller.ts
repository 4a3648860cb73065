import { Controller, Get, Header, HttpCode, Options } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { ServerMetadataService } from 'nestjs-dynamic-registration';
import { ISSUER_PATH } from '../endpoints.js';

const PATH = '.well-known/openid-configuration';

/** The same document where OpenID Connect clients look for it, behind the issuer, and where clients of RFC 8414 do, before its path. */
@Controller([...new Set([`${ISSUER_PATH}/${PATH}`, `${PATH}${ISSUER_PATH}`].map((path) => path.replace(/^\//, '')))])
@ApiExcludeController()
export class OpenIdConfigurationController {
  constructor(private readonly metadata: ServerMetadataService) {}

  @Get()
  @Header('Access-Control-Allow-Origin', '*')
  @Header('X-Content-Type-Options', 'nosniff')
  read(): object {
    return this.metadata.document();
  }

  /** Browsers ask before they send the header with the version that MCP clients add. */
  @Options()
  @HttpCode(204)
  @Header('Access-Control-Allow-Origin', '*')
  @Header('Access-Control-Allow-Methods', 'GET, HEAD, OPTIONS')
  @Header('Access-Control-Allow-Headers', 'content-type, authorization, mcp-protocol-version')
  preflight(): void {}
}
