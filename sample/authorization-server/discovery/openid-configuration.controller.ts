import { Controller, Get, Header } from '@nestjs/common';
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
}
