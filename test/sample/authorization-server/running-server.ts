import { createHash } from 'node:crypto';
import { startSampleProcess } from '../../contract/sample-process.js';
import type { CreatedDatabase, TestDatabase } from '../../support/databases.js';
import { freePort } from '../../support/free-port.js';
import type { AdapterName } from '../../support/start-server.js';
import { Person } from '../person.js';

export const REDIRECT_URI = 'https://tides.example/cb';
export const OTHER_URI = 'https://tides.example/other';

const TOKEN = 'initial-access-token-of-this-test';
const VERIFIER = 'v'.repeat(43);

export type Json = Readonly<Record<string, unknown>>;
/** A parameter that is undefined is left out; one with several values is sent several times. */
type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Client {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly registration_access_token: string;
}

export const WEB = {
  client_name: 'Tide Tables',
  redirect_uris: [REDIRECT_URI, OTHER_URI],
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
};
export const PUBLIC = {
  ...WEB,
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
};

interface Setup {
  readonly adapter: AdapterName;
  readonly database: TestDatabase;
  /** What the issuer is, by the port; by default without a path. */
  readonly issuerOf?: (port: number) => string;
  /** What else its environment says. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the authorization server of the sample on a database of its own. */
export async function startAuthorizationServer({
  adapter,
  database,
  issuerOf,
  environment,
}: Setup): Promise<RunningServer> {
  const created = await database.create();
  const port = await freePort();
  const issuer = issuerOf?.(port) ?? `http://localhost:${port}`;
  const { stop } = await startSampleProcess({
    PORT: String(port),
    ISSUER: issuer,
    DATABASE_URL: created.url,
    HTTP_ADAPTER: adapter,
    INITIAL_ACCESS_TOKEN: TOKEN,
    ...environment,
  });
  return new RunningServer(`http://localhost:${port}`, issuer, created, stop);
}

/** The server, with the requests of those who use it. */
export class RunningServer {
  /** The issuer, where it is reached. */
  readonly url: string;

  constructor(
    readonly origin: string,
    readonly issuer: string,
    readonly database: CreatedDatabase,
    private readonly stopProcess: () => Promise<unknown>,
  ) {
    this.url = origin + new URL(issuer).pathname.replace(/\/$/, '');
  }

  async stop(): Promise<void> {
    await this.stopProcess();
    await this.database.drop();
  }

  async register(metadata: Json): Promise<Client> {
    return (await this.json('POST', '/register', TOKEN, metadata)) as unknown as Client;
  }

  async update({ client_id, registration_access_token }: Client, metadata: Json): Promise<void> {
    await this.json('PUT', `/register/${client_id}`, registration_access_token, { client_id, ...metadata });
  }

  async remove({ client_id, registration_access_token }: Client): Promise<void> {
    await this.json('DELETE', `/register/${client_id}`, registration_access_token);
  }

  authorizationUrl({ client_id }: Client, more: Parameters = {}): URL {
    const url = new URL(`${this.url}/authorize`);
    const query = queryOf({
      client_id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: 'openid api:read api:write',
      code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      code_challenge_method: 'S256',
      ...more,
    });
    url.search = query.toString();
    return url;
  }

  async codeFor(client: Client, more?: Parameters): Promise<string> {
    const back = await new Person().authorize(this.authorizationUrl(client, more));
    return String(back.searchParams.get('code'));
  }

  async exchange(client: Client, code: string, more: Parameters = {}) {
    const grant = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER };
    return this.form('/token', { ...grant, ...more }, client);
  }

  async refresh(client: Client, refreshToken: unknown, more: Parameters = {}) {
    return this.form('/token', { grant_type: 'refresh_token', refresh_token: String(refreshToken), ...more }, client);
  }

  async introspect(token: unknown, by: Client): Promise<Json> {
    return (await this.form('/introspect', { token: String(token) }, by)).body;
  }

  /** A request of a client that proves who it is. */
  async form(path: string, parameters: Parameters, { client_id, client_secret }: Client) {
    const body = queryOf({ client_id, client_secret, ...parameters });
    const response = await fetch(this.url + path, { method: 'POST', body });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text ? JSON.parse(text) : {}) as Json };
  }

  private async json(method: string, path: string, bearer: string, body?: Json): Promise<Json> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${bearer}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text ? JSON.parse(text) : {}) as Json;
  }
}

function queryOf(parameters: Parameters): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value ?? []].flat()) query.append(name, one);
  }
  return query;
}
