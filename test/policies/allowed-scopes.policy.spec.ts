import {
  AllowedScopesPolicy,
  OAuthClient,
  RegistrationConfiguration,
  type AllowedScopesOptions,
  type RegistrationContext,
} from 'nestjs-dynamic-registration';
import { describe, expect, it } from 'vitest';
import { verdict } from './verdict.js';

const config = (defaultScopes = ['read']) =>
  new RegistrationConfiguration({
    issuer: 'https://auth.example.com',
    server: { scopes: ['read', 'write', 'admin', 'root'], defaultScopes },
  });
const OPTIONS = { open: ['read'], credential: ['read', 'write'], operator: ['read', 'write', 'admin'] };
const policyOf = (options: AllowedScopesOptions, defaultScopes?: string[]) =>
  new (AllowedScopesPolicy.of(options))(config(defaultScopes));
const policy = policyOf(OPTIONS);
const NOTHING = 'invalid_client_metadata: scope must contain a scope that this client may have';

const update = (client: Partial<OAuthClient>): Partial<RegistrationContext> => ({
  operation: 'update',
  credential: {},
  client: Object.assign(new OAuthClient(), client),
});
const administered = (client: Partial<OAuthClient>) => ({ ...update(client), credential: undefined });
const STRANGER = { source: 'dynamic', registeredOpenly: true } as const;
const HOLDER = { source: 'dynamic', registeredOpenly: false } as const;
const BY_HAND = { source: 'manual', registeredOpenly: false } as const;

describe('allowed scopes', () => {
  it.each([
    ['the default scopes within the bounds of its token', { scopes: ['write'] }, 'write'],
    ['the scope that its token brings', { defaultMetadata: { scope: 'admin' } }, 'admin'],
  ])('refuse nobody who asks for none: %s', async (_, bounds, scope) => {
    const narrow = policyOf({ ...OPTIONS, credential: ['read'] }, ['read', 'write']);
    await expect(verdict(narrow, { scope }, { credential: {}, bounds })).resolves.toEqual({ scope: '' });
  });

  it.each<[string, Partial<RegistrationContext>, string, string]>([
    ['a stranger', {}, 'read write admin', 'read'],
    ['the holder of a credential', { credential: {} }, 'admin write read', 'write read'],
    ['a client added by hand', { operation: 'create' }, 'read write admin root', 'read write admin'],
    ['an update of a stranger', update(STRANGER), 'read write', 'read'],
    ['an update of a holder', update(HOLDER), 'read write admin', 'read write'],
    ['an update of a client added by hand', update({ ...BY_HAND, scope: 'admin' }), 'read admin root', 'admin'],
    ['a stranger who was given more', update({ ...STRANGER, scope: 'write' }), 'read write admin', 'read write'],
    ['an administrator', administered(STRANGER), 'read admin root', 'read admin'],
    ['an administrator, of a scope that is there', administered({ scope: 'root' }), 'read root', 'read root'],
  ])('of %s', async (_, context, scope, narrowed) => {
    await expect(verdict(policy, { scope, client_name: 'Tides' }, context)).resolves.toEqual({
      scope: narrowed,
      client_name: 'Tides',
    });
  });

  it.each<[string, Partial<RegistrationContext>, string]>([
    ['a stranger', {}, 'write admin'],
    ['the holder of a credential', { credential: {} }, 'admin'],
    ['a document, which is not named', { operation: 'document' }, 'read write'],
    ['a client added by hand', { operation: 'create' }, 'root'],
    ['an update of a stranger', update({ ...STRANGER, scope: 'read' }), 'admin'],
    ['an update of a client added by hand without a scope', update(BY_HAND), 'write'],
    ['an administrator', administered({ scope: 'read' }), 'root'],
  ])('are none of those %s asks for', async (_, context, scope) => {
    await expect(verdict(policy, { scope }, context)).resolves.toBe(NOTHING);
  });

  it('refuse nobody who asks for nothing', async () => {
    await expect(verdict(policy, {}, { operation: 'document' })).resolves.toEqual({});
    await expect(verdict(policy, { scope: 'read' }, { operation: 'document' })).resolves.toEqual({ scope: '' });
    await expect(verdict(policyOf({}, ['write', 'read']), { scope: 'read write' })).resolves.toEqual({ scope: '' });
  });

  it('refuse an administrator who asks for the defaults', async () => {
    await expect(verdict(policyOf({}), { scope: 'read' }, administered({}))).resolves.toBe(NOTHING);
  });

  it('let an administrator take away what a client may have no longer', async () => {
    const context = administered({ ...STRANGER, scope: 'admin root' });
    await expect(verdict(policyOf({}), { scope: 'root' }, context)).resolves.toEqual({ scope: 'root' });
    await expect(verdict(policyOf({}), {}, context)).resolves.toEqual({});
  });
});

describe('options of AllowedScopesPolicy', () => {
  it.each<[string, unknown, string]>([
    ['nothing', undefined, '"AllowedScopesPolicy" must be given its options as an object'],
    ['a text', { open: 'read' }, '"AllowedScopesPolicy.open" must be a list of strings'],
    [
      'an unknown level',
      { token: ['read'] },
      '"AllowedScopesPolicy.token" is no option. The options are open, credential, document, operator',
    ],
  ])('stop the start with %s', (_, options, message) => {
    expect(() => AllowedScopesPolicy.of(options as object)).toThrow(new Error(`DynamicRegistrationModule: ${message}`));
  });

  it.each([
    ['reads', ', did you mean "read"?'],
    ['accounts', '. Add it to "server.scopes" or take it out'],
  ])('stop the start with the scope %s, which the server does not have', (scope, way) => {
    expect(() => policyOf({ credential: ['read', scope] }).onModuleInit()).toThrow(
      new Error(
        `DynamicRegistrationModule: "AllowedScopesPolicy.credential" contains ${scope}, which is no scope of this server${way}`,
      ),
    );
  });
});
