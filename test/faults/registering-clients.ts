import { Agent, request } from 'node:http';
import { BODY } from './client-requests.js';

/** What a client was told in its 201. */
export interface Registered {
  readonly client_id: string;
  readonly registration_access_token: string;
  readonly [member: string]: unknown;
}

/** How a request has ended; `error` when no answer came, and whether the connection had served one before. */
export type Outcome =
  | { readonly status: number; readonly body: Record<string, unknown>; readonly isLast: boolean }
  | { readonly error: NodeJS.ErrnoException };

/** A caller with one connection that it keeps, and registers one client after another until its server is gone. */
export class RegisteringClient {
  readonly outcomes: Outcome[] = [];
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(
    private readonly port: number,
    private readonly token: string,
  ) {}

  /** Registers until there is no answer, or the server says that the connection ends. */
  async run(): Promise<void> {
    for (;;) {
      const outcome = await this.register();
      this.outcomes.push(outcome);
      if ('error' in outcome || outcome.isLast) break;
    }
    this.agent.destroy();
  }

  get registered(): Registered[] {
    return this.outcomes.flatMap((outcome) =>
      'status' in outcome && outcome.status === 201 ? [outcome.body as Registered] : [],
    );
  }

  private async register(): Promise<Outcome> {
    return new Promise((resolve) => {
      const sent = request(
        {
          port: this.port,
          host: '127.0.0.1',
          agent: this.agent,
          method: 'POST',
          path: '/register',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${this.token}` },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => (text += chunk));
          response.on('error', (error) => resolve({ error }));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              body: JSON.parse(text),
              isLast: response.headers.connection === 'close',
            }),
          );
        },
      );
      sent.on('error', (error) => resolve({ error }));
      sent.end(JSON.stringify(BODY));
    });
  }
}
