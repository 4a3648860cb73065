import type { ServerOptions } from 'nestjs-dynamic-registration';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, invalidMetadata } from '../errors/refusal.js';
import { clientMetadata } from '../support/client-metadata.builder.js';
import { platforms, startServer, type TestServer } from '../support/start-server.js';

interface ScopeCase {
  readonly title: string;
  readonly server?: ServerOptions;
  readonly unsupportedMetadata?: 'narrow' | 'reject';
  /** What is sent, and the scope that is registered; undefined where the member is left out. */
  readonly registered: readonly (readonly [sent: unknown, scope: string | undefined])[];
  readonly refused?: readonly unknown[];
}

const scopes = ['openid', 'tides.read', 'tides.write'];

const cases: ScopeCase[] = [
  {
    title: 'without any scope, an empty list means no scope and never all',
    registered: [
      [undefined, undefined],
      ['', undefined],
      ['openid', undefined],
      ['* admin', undefined],
    ],
  },
  {
    title: 'with scopes, they are the default set',
    server: { scopes },
    registered: [
      [undefined, 'openid tides.read tides.write'],
      [null, 'openid tides.read tides.write'],
      ['', 'openid tides.read tides.write'],
      [' ', 'openid tides.read tides.write'],
      ['tides.read', 'tides.read'],
      ['tides.read openid', 'tides.read openid'],
      ['  tides.read   openid  tides.read ', 'tides.read openid'],
      ['tides.read admin', 'tides.read'],
      ['admin', 'openid tides.read tides.write'],
      ['Tides.Read', 'openid tides.read tides.write'],
    ],
  },
  {
    title: 'with a default set',
    server: { scopes, defaultScopes: ['openid'] },
    registered: [
      [undefined, 'openid'],
      ['admin', 'openid'],
      ['tides.write admin', 'tides.write'],
    ],
  },
  {
    title: 'with an empty default set',
    server: { scopes, defaultScopes: [] },
    registered: [
      [undefined, undefined],
      ['admin', undefined],
      ['tides.write', 'tides.write'],
    ],
  },
  {
    title: 'with baseline scopes, which every client gets',
    server: { scopes, defaultScopes: ['tides.read'], baselineScopes: ['openid'] },
    registered: [
      [undefined, 'tides.read openid'],
      ['tides.write', 'tides.write openid'],
      ['openid', 'openid'],
      ['admin', 'tides.read openid'],
    ],
  },
  {
    title: 'where unsupported values are refused',
    server: { scopes, defaultScopes: ['openid'] },
    unsupportedMetadata: 'reject',
    registered: [
      [undefined, 'openid'],
      ['', 'openid'],
      ['tides.read', 'tides.read'],
    ],
    refused: ['admin', 'tides.read admin', 'Tides.Read'],
  },
];

describe.each(platforms)('scope, RFC 7591 section 2 ($adapter, $database.name)', (platform) => {
  describe.each(cases)(
    '$title',
    ({ server: options = {}, unsupportedMetadata = 'narrow', registered, refused = [] }) => {
      let server: TestServer;
      let token: string;
      beforeAll(async () => {
        server = await startServer({ ...platform, options: { server: options, unsupportedMetadata } });
        token = await server.token();
      });
      afterAll(() => server.close());

      it.each(registered)('registers %j as %j', async (sent, scope) => {
        const { status, body } = await server.register(clientMetadata({ scope: sent }), token);
        expect(status).toBe(201);
        expect(body.scope).toBe(scope);
        expect(Object.hasOwn(body, 'scope')).toBe(scope !== undefined);
      });

      it.each(refused)('refuses %j', async (scope) =>
        expectRefusal(
          await server.register(clientMetadata({ scope }), token),
          invalidMetadata('scope contains a value that is not supported by this server'),
        ),
      );

      it.each(['a\tb', 'a\nb', 'a"b', 'a\\b', 'é', 'a\u00a0b', 'a\0b', '\ud800'])(
        'refuses %j as no scope',
        async (scope) =>
          expectRefusal(
            await server.register(clientMetadata({ scope }), token),
            invalidMetadata('scope must be a space-separated list of scope tokens (RFC 6749 section 3.3)'),
          ),
      );
    },
  );
});
