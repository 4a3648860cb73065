import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { UnauthorizedError, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { Person, type Page } from './person.js';

interface McpMetadata {
  readonly client_name: string;
  readonly redirect_uris: [string];
  readonly grant_types: string[];
  readonly token_endpoint_auth_method: string;
  readonly scope: string;
}

/** An MCP client that keeps everything in memory, and writes down each step it takes. */
export class McpClient implements OAuthClientProvider {
  readonly redirectUrl: string;
  /** `METHOD path status` of each request. */
  readonly steps: string[] = [];
  /** The page on which alice was asked. */
  consent: Page | undefined;
  client: OAuthClientInformationMixed | undefined;
  saved: OAuthTokens | undefined;
  private code = '';
  private verifier = '';

  constructor(
    private readonly url: URL,
    readonly clientMetadata: McpMetadata,
    readonly clientMetadataUrl?: string,
  ) {
    [this.redirectUrl] = clientMetadata.redirect_uris;
  }

  clientInformation = () => this.client;
  saveClientInformation = (client: OAuthClientInformationMixed) => void (this.client = client);
  tokens = () => this.saved;
  saveTokens = (tokens: OAuthTokens) => void (this.saved = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier: string) => void (this.verifier = verifier);
  redirectToAuthorization = async (url: URL) => {
    const person = new Person();
    this.steps.push(`authorize ${[...url.searchParams.keys()].toSorted().join(' ')}: ${url.searchParams.get('scope')}`);
    this.consent = await person.submit(await person.open(url), { username: 'alice', password: 'alice' });
    const { leavesTo } = await person.submit(this.consent, { action: 'allow' });
    this.code = String(leavesTo?.searchParams.get('code'));
  };

  /** Connects as an application does: when the server asks for it, a person is sent to log in, and then it goes on. */
  async connect(): Promise<Client> {
    const client = new Client({ name: 'tide-watch', version: '1.0.0' });
    try {
      await client.connect(this.transport());
      return client;
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      await this.transport().finishAuth(this.code);
      const again = new Client({ name: 'tide-watch', version: '1.0.0' });
      await again.connect(this.transport());
      return again;
    }
  }

  private transport(): StreamableHTTPClientTransport {
    return new StreamableHTTPClientTransport(this.url, {
      authProvider: this,
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        const step = `${init?.method ?? 'GET'} ${new URL(input).pathname}`;
        // The SDK looks for a stream beside all else, sooner or later.
        if (step !== `GET ${this.url.pathname}`) this.steps.push(`${step} ${response.status}`);
        return response;
      },
    });
  }
}
