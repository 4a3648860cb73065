import { OAuthClient } from 'nestjs-dynamic-registration';
import type { AdapterPayload } from 'oidc-provider';
import { describe, expect, it } from 'vitest';
import { heldByClient } from '../../../sample/authorization-server/storage/held-by-client.js';

const URI = 'https://tides.example/cb';
const client = Object.assign(new OAuthClient(), { redirectUris: [URI], scope: 'openid api:read' });

const held = (model: string, payload: AdapterPayload) => heldByClient(model, payload, client);

describe('what a client of the sample has, read through what the client is now', () => {
  it.each(['Grant', 'AccessToken', 'RefreshToken', 'AuthorizationCode', 'Interaction', 'ClientCredentials'])(
    '%s is gone with its client',
    (model) => {
      expect(heldByClient(model, { clientId: 'gone', redirectUri: URI }, undefined)).toBeUndefined();
    },
  );

  it.each([
    ['AuthorizationCode', { redirectUri: URI }, true],
    ['AuthorizationCode', { redirectUri: 'https://tides.example/former' }, false],
    ['AuthorizationCode', {}, false],
    ['Interaction', { params: { redirect_uri: URI } }, true],
    ['Interaction', { params: { redirect_uri: 'https://tides.example/former' } }, false],
    ['Interaction', {}, false],
  ])('%s of %j is there: %s', (model, payload, isThere) => {
    expect(held(model, payload)).toEqual(isThere ? payload : undefined);
  });

  it.each(['AccessToken', 'ClientCredentials'])('%s has no scope that its client may not have', (model) => {
    expect(held(model, { scope: 'api:write api:read' })).toEqual({ scope: 'api:read' });
    expect(held(model, {})).toEqual({ scope: '' });
  });

  it('a consent has none either, for this server and for others', () => {
    const payload = {
      openid: { scope: 'openid api:write', claims: ['email'] },
      resources: { 'https://tides.example/mcp': 'api:read api:write' },
    };
    expect(held('Grant', payload)).toEqual({
      openid: { scope: 'openid', claims: ['email'] },
      resources: { 'https://tides.example/mcp': 'api:read' },
    });
  });
});
