import { Body, Controller, Get, HttpException, Param, Post, ValidationPipe } from '@nestjs/common';
import { IsInt, IsString } from 'class-validator';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases } from '../support/databases.js';
import { rawRequest, type RawRequest } from '../support/raw-request.js';
import { adapters, startServer, type TestServer } from '../support/start-server.js';
import { hosts } from './catalogue.js';
import { HOST_NAMES, type HostName } from './host-names.js';
import { sessionToken } from './jwt-guard.host.js';

const [database] = databases;
if (!database) throw new Error('no database');

class Tide {
  @IsString()
  harbour: string;

  @IsInt()
  centimetres: number;
}

@Controller('tides')
class TidesController {
  @Get()
  list() {
    return [{ harbour: 'Cuxhaven', centimetres: 310 }];
  }

  @Post()
  add(@Body(new ValidationPipe()) tide: Tide) {
    return tide;
  }

  @Get('refused')
  refused(): void {
    throw new HttpException({ reason: 'low water' }, 409);
  }

  @Get('broken')
  broken(): void {
    throw new Error('the gauge is broken');
  }

  @Get('of/:harbour')
  of(@Param('harbour') harbour: string) {
    return { harbour };
  }
}

/** Routes of the host below the paths of the module, which are not its own. */
@Controller(['register', 'tenants/acme/register'])
class SignUpController {
  @Get('verify/email')
  verify() {
    return { verified: true };
  }

  @Get('of/:harbour/now')
  now(@Param('harbour') harbour: string) {
    return { harbour };
  }

  @Post('extra/thing')
  extra(@Body() body: unknown) {
    return body;
  }
}

/** More than the 1 MiB of Fastify and the 100 kB of Express. */
const TOO_MANY = 1_100_000;
const JSON_TYPE = ['Content-Type', 'application/json'] as const;
const TIDE = JSON.stringify({ harbour: 'Cuxhaven', centimetres: 310 });
const get = (path: string) => ({ method: 'GET', path });
const post = (path: string, body: string, type = 'application/json') => ({
  path,
  headers: [['Content-Type', type] as const],
  body,
});

/** NestJS 11 on Express shows a catch-all filter of the host the parser's own 413 and 415, which are no HttpException: it answers 500. */
const isNest11 = String(createRequire(import.meta.url)('@nestjs/core/package.json').version).startsWith('11.');
const HOSTS_THAT_CATCH_ALL: readonly HostName[] = ['catch-all-filters', 'everything'];

/** What the host is asked, and what it may answer, by adapter and host. */
const requests: readonly (readonly [name: string, status: number | readonly number[], request: RawRequest])[] = [
  ['a GET', 200, get('/tides')],
  ['a HEAD', 200, { method: 'HEAD', path: '/tides' }],
  ['a POST', 201, post('/tides', TIDE)],
  ['a body that is not valid', 400, post('/tides', '{"harbour":1}')],
  ['members that are not known', [201, 400], post('/tides', `{"other":1,${TIDE.slice(1)}`)],
  ['malformed JSON', 400, post('/tides', '{')],
  ['no object', 400, post('/tides', '"a"')],
  ['no body', 400, { path: '/tides', headers: [JSON_TYPE] }],
  ['a body that is too large', 413, post('/tides', `"${'a'.repeat(TOO_MANY)}"`)],
  ['a form', 400, post('/tides', 'harbour=Cuxhaven', 'application/x-www-form-urlencoded')],
  ['text', [400, 415], post('/tides', 'Cuxhaven', 'text/plain')],
  ['XML', [400, 415], post('/tides', '<a/>', 'application/xml')],
  ['an unknown charset', [201, 415], post('/tides', TIDE, 'application/json; charset=tides')],
  [
    'an unknown content coding',
    [201, 415],
    { ...post('/tides', TIDE), headers: [JSON_TYPE, ['Content-Encoding', 'tides']] },
  ],
  ['an HttpException', 409, get('/tides/refused')],
  ['an Error', 500, get('/tides/broken')],
  ['an unknown route', 404, get('/gauges')],
  ['a method that is not offered', 404, { method: 'DELETE', path: '/tides' }],
  ['OPTIONS', 404, { method: 'OPTIONS', path: '/tides' }],
  ['a malformed percent-encoding', 400, get('/tides/of/%zz')],
  ['the root', 404, get('/')],
  ['a route below ours', 200, get('/register/verify/email')],
  ['a body of a route below ours', 201, post('/register/extra/thing', TIDE)],
  ['malformed JSON of a route below ours', 400, post('/register/extra/thing', '{')],
  ['a body too large for a route below ours', 413, post('/register/extra/thing', `"${'a'.repeat(TOO_MANY)}"`)],
  ['OPTIONS of a route below ours', 404, { method: 'OPTIONS', path: '/register/verify/email' }],
  ['a malformed percent-encoding below ours', 400, get('/register/of/%zz/now')],
  ['an unknown route below ours', 404, get('/register/a/b')],
  ['malformed JSON to an unknown route below ours', 400, post('/register/a/b', '{')],
  ['a path that begins like ours', 404, get('/registered')],
  ['another well-known document', 404, get('/.well-known/openid-configuration')],
  ['the metadata document that is off', 404, get('/.well-known/oauth-authorization-server')],
];

/** Where a host may have moved its routes to. */
const PREFIXES = ['', '/api', '/v1', '/api/v1'];

describe.each(adapters.flatMap((adapter) => HOST_NAMES.map((host) => ({ adapter, host }))))(
  'the host answers its own callers as it did without the module ($host, $adapter)',
  ({ adapter, host }) => {
    let before: TestServer;
    let after: TestServer;
    /** What is put before each path, and which headers: the host's own prefix and session, and without them. */
    let ways: readonly (readonly [prefix: string, ...headers: (readonly [string, string])[]])[];
    beforeAll(async () => {
      const setup = { host: hosts[host], adapter, database, controllers: [TidesController, SignUpController] };
      before = await startServer({ ...setup, withoutModule: true });
      after = await startServer({ ...setup, options: { access: 'open', cors: { origins: '*' } } });
      const session = ['Authorization', `Bearer ${await sessionToken()}`] as const;
      const answers = await Promise.all(
        PREFIXES.map(async (prefix) => {
          const path = `${prefix}/tides`;
          return { prefix, ...(await rawRequest(before.port, { method: 'GET', path, headers: [session] })) };
        }),
      );
      const own = answers.find(({ status }) => status === 200)?.prefix;
      if (own === undefined) throw new Error('the routes of the host are nowhere');
      ways = [[own, session], [own], ...(own === '' ? [] : [['', session] as const])];
    });
    afterAll(async () => {
      await before.close();
      await after.close();
    });

    const accepted = (status: number | readonly number[]): readonly number[] => {
      const statuses = [status].flat();
      const isOfParser = statuses.includes(413) || (statuses.includes(415) && statuses.includes(201));
      const isShownRaw = isNest11 && adapter === 'express' && HOSTS_THAT_CATCH_ALL.includes(host);
      return isOfParser && isShownRaw ? [500] : statuses;
    };

    it.each(requests)('to %s', async (_name, status, request) => {
      const statuses: number[] = [];
      for (const [prefix, ...headers] of ways) {
        const asked: RawRequest = {
          ...request,
          path: prefix + (request.path ?? ''),
          headers: [['Host', 'tides.test'], ['Origin', 'https://tides.test'], ...headers, ...(request.headers ?? [])],
        };
        const expected = comparable(await rawRequest(before.port, asked));
        expect(comparable(await rawRequest(after.port, asked))).toEqual(expected);
        statuses.push(expected.status);
      }
      // Not the same error for something else: the host was asked for the thing itself.
      expect(statuses.some((answered) => accepted(status).includes(answered))).toBe(true);
    });
  },
);

function comparable({ status, headers, text }: Awaited<ReturnType<typeof rawRequest>>) {
  return { status, headers: [...headers].filter(([name]) => name !== 'date'), text };
}
