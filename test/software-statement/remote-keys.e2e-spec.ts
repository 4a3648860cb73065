import { ClientResolver } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import {
  documentProviders,
  RecordingHostResolver,
  startDocumentServer,
  type DocumentServer,
} from '../support/document-server.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';
import { jti, signer } from './statements.js';

const directory = await signer('https://directory.example');
const renewed = await signer(directory.issuer, 'ES256', 'of-2027');
const once = await signer('https://once.example');
const unknown = await signer(directory.issuer, 'ES256', 'of-2028');

describe.each(platforms)(
  'software statements and what is read from elsewhere ($adapter, $database.name)',
  (platform) => {
    const resolver = new RecordingHostResolver().answer('client.documents.test', ['127.0.0.1']);
    let site: DocumentServer;
    let server: TestServer;
    beforeAll(async () => {
      site = await startDocumentServer();
      server = await startServer({
        ...platform,
        options: {
          access: 'open',
          softwareStatements: {
            mode: 'required',
            issuers: [
              { issuer: directory.issuer, jwksUri: site.url('client.documents.test', '/keys') },
              { issuer: once.issuer, jwks: { keys: [once.jwk] }, requireJti: true, maximumAgeSeconds: 60 },
              { issuer: 'https://dead.example', jwksUri: 'https://dead.documents.test/keys' },
            ],
          },
          clientIdMetadataDocuments: true,
          outboundRequests: { allowLoopback: true, timeoutSeconds: 1 },
          providers: documentProviders(resolver),
        },
      });
    });
    afterAll(async () => {
      await server.close();
      await site.close();
    });

    const register = (software_statement: string) => server.register(clientMetadata({ software_statement }), null);
    const resolve = async (path: string, members: Record<string, unknown>) => {
      const client_id = site.url('client.documents.test', path);
      const metadata = clientMetadata({ token_endpoint_auth_method: 'none', ...members, client_id });
      site.answerJson(metadata, { 'cache-control': 'no-store' });
      return server.app.get(ClientResolver, { strict: false }).find(client_id);
    };

    it('keys at a URL are read, once', async () => {
      site.answerJson({ keys: [directory.jwk] }, { 'cache-control': 'max-age=600' });
      expect((await register(await directory.sign({ client_name: 'Stated' }))).body.client_name).toBe('Stated');
      expect((await register(await directory.sign())).status).toBe(201);
      expect(site.requests).toHaveLength(1);
    });

    it('and again for a key of another name', async () => {
      site.answerJson({ keys: [directory.jwk, renewed.jwk] }, { 'cache-control': 'max-age=600' });
      expect((await register(await renewed.sign())).status).toBe(201);
      expectRefusal(await register(await unknown.sign()), {
        status: 400,
        error: 'invalid_software_statement',
        description: 'software_statement must be signed with a key of its issuer',
      });
    });

    it('keys that cannot be had say nothing about the statement', async () => {
      const { status, headers, body } = await register(await directory.sign({ iss: 'https://dead.example' }));
      expect([status, body.error]).toEqual([503, 'temporarily_unavailable']);
      expect([headers.get('retry-after'), headers.get('cache-control')]).toEqual(['1', 'no-store']);
    });

    it('a document needs a statement where a registration does', async () => {
      expect(await resolve('/without', {})).toBeUndefined();
    });

    it('a statement in a document wins over it, and is verified each time', async () => {
      const software_statement = await directory.sign({ client_name: 'Stated' });
      const client = await resolve('/stated', { software_statement });
      expect(client).toMatchObject({ clientName: 'Stated', additionalMetadata: { software_statement } });
      // It does not stay with the client, of which nothing is stored.
      expect(await resolve('/stated', {})).toBeUndefined();
      const forged = await (await signer(directory.issuer)).sign({ client_name: 'Your Bank' });
      expect(await resolve('/stated', { software_statement: forged })).toBeUndefined();
    });

    it('a statement for one client is none for a document, which is stored nowhere', async () => {
      const software_statement = await once.sign({ jti: jti() });
      expect(await resolve('/once', { software_statement })).toBeUndefined();
      expect((await register(software_statement)).status).toBe(201);
    });
  },
);
