import { webcrypto } from 'node:crypto';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  dynamicClientRegistration,
  fetchUserInfo,
  None,
  PrivateKeyJwt,
  randomPKCECodeVerifier,
  randomState,
  refreshTokenGrant,
  tokenRevocation,
  type Configuration,
} from 'openid-client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSampleProcess, type SampleProcess } from '../contract/sample-process.js';
import type { CreatedDatabase } from '../support/databases.js';
import { platforms } from '../support/start-server.js';
import { consent, executablePath, logIn, startBrowser } from './browser.js';
import { startCallback, type Callback } from './callback.js';

const TOKEN = 'initial-access-token-of-the-browser-tests';
const SCOPE = 'openid profile email offline_access api:read';

const methods = ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'] as const;

const used = platforms.filter(({ database }) => database.kind !== 'mysql');

describe.skipIf(executablePath === undefined).each(used)(
  'openid-client 6 from nothing, with a browser ($adapter, $database.name)',
  ({ adapter, database: kind }) => {
    let database: CreatedDatabase;
    let sample: SampleProcess;
    let browser: Browser;
    let callback: Callback;

    beforeAll(async () => {
      [database, browser, callback] = await Promise.all([kind.create(), startBrowser(), startCallback()]);
      sample = await startSampleProcess({
        DATABASE_URL: database.url,
        HTTP_ADAPTER: adapter,
        INITIAL_ACCESS_TOKEN: TOKEN,
      });
    });
    afterAll(async () => {
      await browser?.close();
      await callback?.close();
      await sample?.stop();
      await database?.drop();
    });

    /** Registers a client by the document at the issuer, and authenticates by this method from then on. */
    const register = async (method: (typeof methods)[number], clientName: string): Promise<Configuration> => {
      const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
      const { privateKey, publicKey } = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const { kty, crv, x, y } = await webcrypto.subtle.exportKey('jwk', publicKey);
      const key = { kty, crv, x, y, kid: '1' };
      const metadata = {
        client_name: clientName,
        redirect_uris: [callback.redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: method,
        scope: SCOPE,
        application_type: 'native',
        ...(method === 'private_key_jwt' && {
          jwks: { keys: [key] },
        }),
      };
      // The part of the library that is handed the client registers it first, and the secret is known only then.
      const authentication = (secret: string) =>
        ({
          client_secret_basic: () => ClientSecretBasic(secret),
          client_secret_post: () => ClientSecretPost(secret),
          none: () => None(),
          private_key_jwt: () => PrivateKeyJwt({ key: privateKey, kid: '1' }),
        })[method]();
      return dynamicClientRegistration(
        new URL(sample.issuer),
        metadata,
        (as, client, body, headers) => authentication(String(client.client_secret))(as, client, body, headers),
        { initialAccessToken: TOKEN, execute: [allowInsecureRequests] },
      );
    };

    /** Sends a person through the pages; answers where the browser was called back. */
    const authorize = async (url: URL, steps: (page: import('playwright-core').Page) => Promise<void>) => {
      const context = await browser.newContext();
      try {
        const page = await context.newPage();
        await page.goto(url.href);
        await steps(page);
        return await callback.called();
      } finally {
        await context.close();
      }
    };

    it.each(methods)(
      'registers, gets tokens for a person, refreshes, reads userinfo and revokes with %s',
      async (method) => {
        const name = `Tide Tables by ${method}`;
        const config = await register(method, name);
        expect(config.clientMetadata()).toMatchObject({ client_name: name, token_endpoint_auth_method: method });
        const pkceCodeVerifier = randomPKCECodeVerifier();
        const expectedState = randomState();
        const url = buildAuthorizationUrl(config, {
          redirect_uri: callback.redirectUri,
          scope: SCOPE,
          code_challenge: await calculatePKCECodeChallenge(pkceCodeVerifier),
          code_challenge_method: 'S256',
          state: expectedState,
          prompt: 'consent',
        });

        const calledBack = await authorize(url, async (page) => {
          await logIn(page, 'wrong');
          await page.getByText('wrong', { exact: false }).first().waitFor();
          await logIn(page);
          await page.getByText(name).first().waitFor();
          await consent(page);
        });

        const tokens = await authorizationCodeGrant(config, calledBack, {
          pkceCodeVerifier,
          expectedState,
          idTokenExpected: true,
        });
        const refreshed = await refreshTokenGrant(config, String(tokens.refresh_token));
        const { sub } = tokens.claims() ?? {};
        expect(await fetchUserInfo(config, refreshed.access_token, String(sub))).toMatchObject({
          sub: 'alice',
          name: expect.any(String),
          email: expect.stringContaining('@'),
        });

        await tokenRevocation(config, refreshed.access_token);
        await expect(fetchUserInfo(config, refreshed.access_token, String(sub))).rejects.toMatchObject({ status: 401 });
        const refreshToken = refreshed.refresh_token ?? tokens.refresh_token;
        await tokenRevocation(config, String(refreshToken));
        await expect(refreshTokenGrant(config, String(refreshToken))).rejects.toMatchObject({ error: 'invalid_grant' });
      },
    );

    it('tells the client that the person said no', async () => {
      const config = await register('none', 'Refused');
      const state = randomState();
      const url = buildAuthorizationUrl(config, {
        redirect_uri: callback.redirectUri,
        scope: 'openid',
        code_challenge: await calculatePKCECodeChallenge(randomPKCECodeVerifier()),
        code_challenge_method: 'S256',
        state,
      });
      const calledBack = await authorize(url, async (page) => {
        await logIn(page);
        await page.getByRole('button', { name: 'Deny' }).click();
      });
      expect(Object.fromEntries(calledBack.searchParams)).toMatchObject({
        error: 'access_denied',
        state,
        iss: sample.issuer,
      });
    });
  },
);
