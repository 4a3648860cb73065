import { Body, Controller, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ClientAuthenticationGuard, CurrentClient, OAuthClient } from 'nestjs-dynamic-registration';
import { OAuthError } from './oauth.error.js';
import { ACCESS_TOKEN_SECONDS } from './token.policy.js';
import { tokenRequest, type TokenRequest } from './token.request.js';
import { TokenService } from './token.service.js';
import type { Issued } from './tokens.js';

/** The token endpoint (RFC 6749 section 3.2). */
@Controller('token')
export class TokenController {
  constructor(private readonly tokens: TokenService) {}

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Header('Pragma', 'no-cache')
  @UseGuards(ClientAuthenticationGuard)
  async token(@CurrentClient() client: OAuthClient, @Body() body: unknown): Promise<object> {
    const { accessToken, refreshToken, scope } = await this.issue(client, tokenRequest(body));
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: ACCESS_TOKEN_SECONDS,
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      scope,
    };
  }

  private async issue(client: OAuthClient, { grantType, refreshToken, scope }: TokenRequest): Promise<Issued> {
    if (grantType === 'client_credentials') return this.tokens.forClient(client, scope);
    if (grantType !== 'refresh_token') {
      throw new OAuthError('unsupported_grant_type', 'grant_type must be client_credentials or refresh_token');
    }
    if (refreshToken === undefined) throw new OAuthError('invalid_request', 'refresh_token is required');
    return this.tokens.refresh(client, refreshToken, scope);
  }
}
