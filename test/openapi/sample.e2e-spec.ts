import { Logger, type INestApplication } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, type CreatedDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { adapters } from '../support/start-server.js';
import { DocumentJudge, expectValidDocument } from './document-judge.js';

/** What is needed here of a document that came over the wire. */
interface Published {
  readonly paths: Readonly<Record<string, { readonly post: PublishedOperation }>>;
}
interface PublishedOperation {
  readonly servers: readonly { readonly url: string }[];
  readonly requestBody: { readonly content: { readonly 'application/json': { readonly example: object } } };
}

let database: CreatedDatabase;
let port: number;
beforeAll(async () => {
  const [first] = databases;
  if (!first) throw new Error('there is no database to test on');
  database = await first.create();
  port = await freePort();
  Object.assign(process.env, { PORT: String(port), DATABASE_URL: database.url, ACCESS: 'open' });
});
afterAll(() => database.drop());

describe.each(adapters)('the documentation of the authorization server of npm start (%s)', (adapter) => {
  let app: INestApplication;
  let url: string;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    // It reads the environment when it is imported.
    const { createApplication } = await import('../../sample/authorization-server/http-application.js');
    app = await createApplication(adapter);
    await app.listen(port, '127.0.0.1');
    url = `http://localhost:${port}`;
  });
  afterAll(() => app.close());

  it('is a page at /docs, with what the page loads', async () => {
    const page = await fetch(`${url}/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    const scripts = [...(await page.text()).matchAll(/src="\.?\/?([^"]+\.js)"/g)].map(([, path]) => path);
    expect(scripts).toContain('docs/swagger-ui-init.js');
    for (const path of scripts) {
      const script = await fetch(`${url}/${path}`);
      expect(script.status).toBe(200);
      expect(script.headers.get('content-type')).toContain('javascript');
      expect((await script.text()).length).toBeGreaterThan(100);
    }
  });

  it('is a valid document at /docs-json, by which a client can be registered', async () => {
    const response = await fetch(`${url}/docs-json`);
    expect(response.status).toBe(200);
    const document = (await response.json()) as Published;
    await expectValidDocument(document);
    expect(Object.keys(document.paths).toSorted()).toEqual(
      ['/register', '/register/{client_id}', '/.well-known/oauth-authorization-server'].toSorted(),
    );
    const operation = document.paths['/register']?.post;
    const registered = await fetch(`${operation?.servers[0]?.url}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(operation?.requestBody.content['application/json'].example),
    });
    const { status, headers } = registered;
    expect(status).toBe(201);
    const answer = { status, headers, body: await registered.json() };
    new DocumentJudge(document).expectAnswer('post', '/register', answer);
  });
});
