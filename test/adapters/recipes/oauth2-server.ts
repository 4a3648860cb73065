import OAuth2Server from '@node-oauth/oauth2-server';
import type { INestApplicationContext } from '@nestjs/common';
import { OAuth2ServerClients } from 'nestjs-dynamic-registration/oauth2-server';

type Model = OAuth2Server.AuthorizationCodeModel & OAuth2Server.RefreshTokenModel;

export function createServer(
  app: INestApplicationContext,
  yours: Omit<Model, 'getClient' | 'validateRedirectUri' | 'validateScope'>,
): OAuth2Server {
  const { getClient, validateRedirectUri, validateScope } = app.get(OAuth2ServerClients, { strict: false });
  const getRefreshToken: Model['getRefreshToken'] = async (refreshToken) => {
    const found = await yours.getRefreshToken(refreshToken);
    if (!found) return false;
    // The server does not ask about the scope of a refresh token: it could be more than the client still has.
    const scope = await validateScope(found.user, found.client, found.scope ?? null);
    return scope && { ...found, scope };
  };
  return new OAuth2Server({ model: { ...yours, getRefreshToken, getClient, validateRedirectUri, validateScope } });
}
