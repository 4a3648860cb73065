import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OidcProviderClients } from 'nestjs-dynamic-registration/oidc-provider';
import type { Adapter, Configuration, Provider } from 'oidc-provider';
import { ask, type Answer } from '../client-authentication/token-endpoint.js';
import { providerClass } from '../contract/oidc-provider-with.js';
import { MemoryAdapter } from './memory.adapter.js';

type Parameters = Readonly<Record<string, string>>;

/** An `oidc-provider` that listens, with an account whose owner agrees to everything. */
export interface RunningProvider {
  readonly provider: Provider;
  readonly issuer: string;
  /** What it is given for the model `Client`. */
  readonly ofClients: Adapter;
  /** A request to its token endpoint. */
  token(form: Parameters, headers?: Parameters): Promise<Answer>;
  /**
   * An authorization request, with PKCE, to its end: where the browser is sent, or the error page it stays on.
   * @param cookies those of the browser, which are kept there
   */
  authorize(
    parameters: Parameters,
    cookies?: Map<string, string>,
  ): Promise<{ readonly status: number; readonly redirect: URL | undefined }>;
  /** The same, and the code exchanged by the token request that these parameters complete. */
  tokenByCode(parameters: Parameters, form: Parameters, headers?: Parameters): Promise<Answer>;
  close(): Promise<void>;
}

/** A private key, without which the package warns. */
export const SIGNING_KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
const VERIFIER = randomBytes(32).toString('base64url');
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

/** Starts a provider that has its clients from this module, as a host would. */
export async function startProvider(
  clients: OidcProviderClients,
  { features, ...configuration }: Configuration = {},
): Promise<RunningProvider> {
  let answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.end();
  const server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}`;
  const adapter = clients.adapterFor((model) => new MemoryAdapter(model));
  const provider = new (await providerClass())(issuer, {
    ...clients.configuration(),
    adapter,
    jwks: { keys: [SIGNING_KEY] },
    cookies: { keys: ['for this test'] },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
    // The defaults of these are announced on the console.
    ttl: {
      AccessToken: 60,
      ClientCredentials: 60,
      Grant: 60,
      IdToken: 60,
      Interaction: 60,
      RefreshToken: 60,
      Session: 60,
    },
    renderError: (context, out) => {
      context.body = out;
    },
    features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true }, ...features },
    ...configuration,
  });
  clients.attach(provider);
  const callback = provider.callback();
  answer = (request, response) =>
    request.url?.startsWith('/interaction/')
      ? void agree(provider, request, response)
      : void callback(request, response);

  const running: RunningProvider = {
    provider,
    issuer,
    ofClients: adapter('Client'),
    token: async (form, headers) => ask({ port }, form, headers),
    authorize: async (parameters, cookies) => {
      const defaults = { response_type: 'code', code_challenge: CHALLENGE, code_challenge_method: 'S256' };
      return browse(issuer, `/auth?${new URLSearchParams({ ...defaults, ...parameters }).toString()}`, cookies);
    },
    tokenByCode: async (parameters, form, headers) => {
      const { redirect } = await running.authorize(parameters);
      const code = redirect?.searchParams.get('code') ?? '';
      const redirect_uri = parameters['redirect_uri'] ?? '';
      const given = { grant_type: 'authorization_code', code, redirect_uri, code_verifier: VERIFIER, ...form };
      return running.token(given, headers);
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return running;
}

/** What the pages of a host do when somebody has signed in and agreed. */
async function agree(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  const accountId = 'alice';
  const grant = new provider.Grant({ accountId, clientId: String(params['client_id']) });
  grant.addOIDCScope(typeof params['scope'] === 'string' ? params['scope'] : 'openid');
  const consent = { grantId: await grant.save() };
  await provider.interactionFinished(request, response, { login: { accountId }, consent });
}

/** Follows redirects with cookies, as long as they stay at the server. */
async function browse(origin: string, start: string, cookies = new Map<string, string>()) {
  let url = new URL(start, origin);
  for (;;) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const { status, headers } = await fetch(url, {
      redirect: 'manual',
      headers: { cookie, accept: 'application/json' },
    });
    for (const set of headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    const location = headers.get('location');
    if (location === null) return { status, redirect: undefined };
    const next = new URL(location, url);
    if (next.origin !== origin) return { status, redirect: next };
    url = next;
  }
}
