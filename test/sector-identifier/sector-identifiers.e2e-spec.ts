import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectRefusal, invalidMetadata } from '../errors/refusal.js';
import {
  documentProviders,
  RecordingHostResolver,
  startDocumentServer,
  type DocumentServer,
} from '../support/document-server.js';
import { platforms, startServer, type JsonResponse, type TestServer } from '../support/start-server.js';

const HERE = 'https://tides.example/cb';
const THERE = 'https://currents.example/cb';
const UNREADABLE = invalidMetadata(
  'sector_identifier_uri must lead to a JSON array of strings, over https and without a redirect',
);
const missing = (name: string) => invalidMetadata(`sector_identifier_uri must list ${name}`);

describe.each(platforms)(
  'sector identifier (OpenID Connect Registration section 5, $adapter, $database.name)',
  (platform) => {
    const resolver = new RecordingHostResolver().answer('sectors.documents.test', ['127.0.0.1']);
    let server: TestServer;
    let site: DocumentServer;
    let sector: string;
    beforeAll(async () => {
      site = await startDocumentServer();
      sector = site.url('sectors.documents.test', '/sector.json');
      server = await startServer({
        ...platform,
        options: {
          access: 'open',
          server: { openid: { subjectTypes: ['public', 'pairwise'] } },
          outboundRequests: { allowLoopback: true, timeoutSeconds: 1 },
          providers: documentProviders(resolver),
        },
      });
    });
    afterAll(async () => {
      await server.close();
      await site.close();
    });
    beforeEach(() => {
      site.forget();
      site.answerJson([HERE, THERE]);
    });

    const register = (members: object) =>
      server.register({ subject_type: 'pairwise', redirect_uris: [HERE, THERE], ...members }, null);
    const withSector = (members: object = {}) => register({ sector_identifier_uri: sector, ...members });
    const update = ({ body }: JsonResponse, members: object) => {
      const { registration_access_token: token, registration_client_uri: uri } = body;
      const {
        registration_access_token: _t,
        registration_client_uri: _u,
        client_id_issued_at: _i,
        client_secret_expires_at: _e,
        ...known
      } = body;
      return server.request('PUT', new URL(uri).pathname, { token, body: { ...known, ...members } });
    };

    it('lets a pairwise client have redirection URIs on several hosts, and is returned', async () => {
      expectRefusal(await register({}), invalidMetadata('subject_type pairwise needs one host across redirect_uris'));
      const { status, body } = await withSector();
      expect(status).toBe(201);
      expect(body).toMatchObject({ sector_identifier_uri: sector, subject_type: 'pairwise' });
      expect(site.requests).toMatchObject([{ method: 'GET', path: '/sector.json' }]);
    });

    it('has to list every redirection URI, byte for byte', async () => {
      site.answerJson([HERE, `${THERE}/`]);
      expectRefusal(await withSector(), missing('redirect_uris[1]'));
      expectRefusal(await withSector({ subject_type: 'public' }), missing('redirect_uris[1]'));
    });

    it.each([
      ['an object', { redirect_uris: [HERE, THERE] }],
      ['an array with something else in it', [HERE, THERE, 7]],
      ['null', null],
    ])('is refused where the document is %s', async (_what, document) => {
      site.answerJson(document);
      expectRefusal(await withSector(), UNREADABLE);
    });

    it.each([302, 404, 500])('is refused in the same words where the answer is %i', async (status) => {
      site.answer((_request, response) => response.writeHead(status, { location: site.url('127.0.0.1') }).end());
      expectRefusal(await withSector(), UNREADABLE);
      expect(site.requests).toHaveLength(1);
    });

    it.each([
      'https://127.0.0.2:1/sector.json',
      'https://10.0.0.1/sector.json',
      'https://nobody.documents.test/sector.json',
    ])('is refused in the same words at %s', async (sector_identifier_uri) =>
      expectRefusal(await register({ sector_identifier_uri }), UNREADABLE),
    );

    it('is not read for a registration that is refused anyway', async () => {
      expect((await withSector({ jwks_uri: 'http://tides.example/keys' })).status).toBe(400);
      expect((await withSector({ sector_identifier_uri: sector.replace('https', 'http') })).status).toBe(400);
      expect(site.requests).toHaveLength(0);
    });

    it('is read again on an update that changes it or a redirection URI, and on no other', async () => {
      const client = await withSector();
      site.forget();
      expect((await update(client, { client_name: 'Tides' })).status).toBe(200);
      expect(site.requests).toHaveLength(0);

      site.answerJson([HERE]);
      expect((await update(client, { redirect_uris: [HERE] })).status).toBe(200);
      expect(site.requests).toHaveLength(1);
      expectRefusal(await update(client, { redirect_uris: [HERE, THERE] }), missing('redirect_uris[1]'));
      expectRefusal(
        await update(client, { sector_identifier_uri: `${sector}?2`, redirect_uris: [THERE] }),
        missing('redirect_uris[0]'),
      );
      const { registration_access_token: token, registration_client_uri: uri } = client.body;
      const kept = await server.request('GET', new URL(uri).pathname, { token });
      expect(kept.body).toMatchObject({ redirect_uris: [HERE], sector_identifier_uri: sector });
    });
  },
);
