import { Body, Controller, Header, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ClientAuthenticationGuard, CurrentClient, OAuthClient } from 'nestjs-dynamic-registration';
import { OAuthError } from './oauth.error.js';
import { ACCESS_TOKEN_SECONDS } from './token.policy.js';
import { TokenService, type Issued } from './token.service.js';

/** The token endpoint (RFC 6749 section 3.2). */
@Controller('token')
export class TokenController {
  constructor(private readonly tokens: TokenService) {}

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Header('Pragma', 'no-cache')
  @UseGuards(ClientAuthenticationGuard)
  async token(@CurrentClient() client: OAuthClient, @Body() form: object): Promise<object> {
    const scope = parameter(form, 'scope');
    const { accessToken, refreshToken, scope: granted } = await this.issue(client, form, scope);
    return {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: ACCESS_TOKEN_SECONDS,
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
      scope: granted,
    };
  }

  private async issue(client: OAuthClient, form: object, scope: string | undefined): Promise<Issued> {
    const grantType = parameter(form, 'grant_type');
    if (grantType === 'client_credentials') return this.tokens.forClient(client, scope);
    if (grantType === 'refresh_token') return this.tokens.refresh(client, parameter(form, 'refresh_token'), scope);
    if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is required');
    throw new OAuthError('unsupported_grant_type', 'grant_type must be client_credentials or refresh_token');
  }
}

/** A parameter; one without a value is omitted, and none may be repeated (RFC 6749 section 3.2). */
function parameter(form: object, name: string): string | undefined {
  const value: unknown = Object.hasOwn(form, name) ? Reflect.get(form, name) : undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new OAuthError('invalid_request', `${name} must not be repeated`);
  return value;
}
