import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { readFile } from 'node:fs/promises';
import { compileFunction } from 'node:vm';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD_TOKEN, expectRefusal, TOO_LARGE } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { rawRequest } from '../support/raw-request.js';
import { platforms, startServer, type AdapterName, type TestServer } from '../support/start-server.js';

const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');

/** The lines that README.md tells a host to write for its adapter. */
const [expressLines, fastifyLines] = (() => {
  const block = /```ts\n(\/\/ Express:[\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const fastify = block.indexOf('// Fastify:');
  if (fastify < 0) throw new Error('README.md has no lines for the adapters');
  return [block.slice(0, fastify), block.slice(fastify)];
})();

/** Runs them as they stand; those for Fastify are one expression. */
const configureExpress = (app: INestApplication): void => {
  compileFunction(expressLines, ['app'])(app);
};
const fastifyAdapter = (): FastifyAdapter => {
  const expression = fastifyLines.slice(fastifyLines.indexOf('new FastifyAdapter')).trim().replace(/;$/, '');
  const statement = ts.transpile(`adapter = ${expression}`, { target: ts.ScriptTarget.ES2023 });
  return compileFunction(`let adapter; ${statement} return adapter;`, ['FastifyAdapter'])(
    FastifyAdapter,
  ) as FastifyAdapter;
};

const settings: Record<AdapterName, () => Pick<Parameters<typeof startServer>[0], 'httpAdapter' | 'configure'>> = {
  express: () => ({ httpAdapter: new ExpressAdapter(), configure: configureExpress }),
  fastify: () => ({ httpAdapter: fastifyAdapter() }),
};

const JSON_TYPE = ['Content-Type', 'application/json'] as const;
const LIMIT = 65_536;

describe.each(platforms.filter(({ database }) => database.kind === 'sqlite'))(
  'with the lines of README.md for the adapter ($adapter)',
  ({ adapter, database }) => {
    let server: TestServer;
    let token: string;
    beforeAll(async () => {
      server = await startServer({ database, ...settings[adapter]() });
      token = await server.token();
    });
    afterAll(() => server.close());

    const post = (body: string) =>
      rawRequest(server.port, { headers: [JSON_TYPE, ['Authorization', `Bearer ${token}`]], body });
    /** Metadata of exactly so many bytes. */
    const ofBytes = (bytes: number) => {
      const metadata = JSON.stringify(clientMetadata({ filler: '' }));
      return metadata.replace('"filler":""', `"filler":"${'a'.repeat(bytes - metadata.length)}"`);
    };

    it.each(['%', '%2', '%zz', '%c0%af', 'a%'])(
      'a malformed percent-encoding is refused in OAuth words: %s',
      async (id) => {
        for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
          const { status, headers, body } = await rawRequest(server.port, {
            method,
            path: `/register/${id}`,
            headers: [JSON_TYPE, ['Authorization', 'Bearer a']],
            ...(method === 'PUT' ? { body: '{}' } : {}),
          });
          expect(status).toBe(400);
          expect(headers.get('content-type')).toMatch(/^application\/json/);
          expect(body).toEqual({
            error: 'invalid_request',
            error_description: 'the path must be valid percent-encoding',
          });
        }
      },
    );

    it('a body of the limit is taken, and one byte more is refused', async () => {
      expect((await post(ofBytes(LIMIT))).status).toBe(201);
      expectRefusal(await post(ofBytes(LIMIT + 1)), TOO_LARGE);
    });

    it.each([
      '"__proto__":{"redirect_uris":["javascript:alert(1)"],"admin":true}',
      '"constructor":{"prototype":{"admin":true}}',
      '"nested":{"__proto__":{"admin":true}}',
      '"\\u005f_proto__":{"admin":true}',
    ])('a member of a prototype is ignored like any other unknown one: {%s}', async (member) => {
      const response = await post(`{${member},${JSON.stringify(clientMetadata()).slice(1)}`);
      expect(response.status).toBe(201);
      expect(response.body).toMatchObject(clientMetadata());
      expect(response.text).not.toContain('admin');
      expect(Reflect.get({}, 'admin')).toBeUndefined();
      // Nor does it reach the answer to anybody else.
      expect((await server.register({}, token)).status).toBe(400);
    });

    it.each([100, 101, 255, 256, 5000, 8000])(
      'a client_id of %i characters is one unknown client of many',
      async (length) => {
        for (const method of ['GET', 'PUT', 'DELETE']) {
          const response = await rawRequest(server.port, {
            method,
            path: `/register/${'a'.repeat(length)}`,
            headers: [['Authorization', `Bearer ${token}`], ...(method === 'PUT' ? [JSON_TYPE] : [])],
            ...(method === 'PUT' ? { body: '{}' } : {}),
          });
          expectRefusal(response, BAD_TOKEN);
        }
      },
    );
  },
);
