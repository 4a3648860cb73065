// Who is measured. A target is a module of `targets/` and its settings; the floors say what the work costs without this module.

/** Those that the goals compare stand beside each other: they are measured soon after one another. */
export const TARGETS = [
  { name: 'f1', module: 'f1', database: 'postgres', about: 'node:http and one prepared INSERT' },
  { name: 'f3', module: 'f3', database: 'postgres', about: 'NestJS on Express, ValidationPipe, insert() of TypeORM' },
  {
    name: 'f5',
    module: 'f3',
    settings: { asksForToken: true },
    asksForToken: true,
    database: 'postgres',
    about: 'f3 and findOne() of the initial access token',
  },
  { name: 'oidc', module: 'oidc', database: 'postgres', about: 'oidc-provider with an adapter for PostgreSQL, open' },
  ...variants('postgres'),
  ours(
    'express-capped-postgres',
    'postgres',
    { adapter: 'express', access: 'open', isCapped: true },
    'Express, open with the default `maximumUnusedClients`, PostgreSQL',
  ),
  ...variants('sqlite'),
];

/** The token endpoint with `ClientAuthenticationGuard`. */
export const TOKEN_ENDPOINT = ours('token-endpoint', 'postgres', {
  adapter: 'express',
  access: 'open',
  hasTokenEndpoint: true,
});

/** @throws Error for a name that no target has */
export function targetNamed(name) {
  const target = TARGETS.find((one) => one.name === name);
  if (!target) throw new Error(`no target is called ${name}: ${TARGETS.map((one) => one.name).join(', ')}`);
  return target;
}

/** Targets by the beginning of their names; all without any. */
export function targetsNamed(beginnings) {
  for (const beginning of beginnings) {
    if (!TARGETS.some((target) => target.name.startsWith(beginning))) targetNamed(beginning);
  }
  return TARGETS.filter(
    ({ name }) => beginnings.length === 0 || beginnings.some((beginning) => name.startsWith(beginning)),
  );
}

function variants(database) {
  const shown = { postgres: 'PostgreSQL', sqlite: 'SQLite', express: 'Express', fastify: 'Fastify' };
  const about = { open: 'open', token: 'with an initial access token' };
  return ['express', 'fastify'].flatMap((adapter) =>
    ['open', 'token'].map((access) =>
      ours(
        `${adapter}-${access}-${database}`,
        database,
        { adapter, access },
        `${shown[adapter]}, ${about[access]}, ${shown[database]}`,
      ),
    ),
  );
}

function ours(name, database, settings, about) {
  const asksForToken = settings.access === 'token';
  return { name: `ours-${name}`, module: 'ours', settings, asksForToken, database, about: `this module: ${about}` };
}
