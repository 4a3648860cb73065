// What 10,000 wrong secrets and registration access tokens do to a server, and what their timing tells: `npm run build:esm && npm run
// build:sample && node bench/wrong-credentials.mjs [postgres://...]`. See README.md beside it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const WRONG = 10_000;
const AT_ONCE = 16;
const PAIRS = 4_000;
const QUIET = 1_000;

/** The sample with the guard, as a process of its own. */
async function serve(databaseUrl) {
  const { Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const { TypeOrmModule } = await import('@nestjs/typeorm');
  const { default: driver } = await import('libsql');
  const { InitialAccessTokenService } = await import('../dist/esm/index.js');
  const { RegistrationModule } = await import('../build/sample/minimal-token-endpoint/registration.module.js');
  const database = databaseUrl
    ? { type: 'postgres', url: databaseUrl, dropSchema: true }
    : { type: 'better-sqlite3', driver, database: ':memory:' };
  class AppModule {}
  const typeorm = TypeOrmModule.forRoot({ ...database, autoLoadEntities: true, synchronize: true });
  Module({ imports: [typeorm, RegistrationModule] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: ['log', 'warn', 'error'] });
  await app.listen(0, '127.0.0.1');
  const { token } = await app.get(InitialAccessTokenService, { strict: false }).issue();
  process.send({ port: app.getHttpServer().address().port, token });
}

async function measure(databaseUrl) {
  const server = fork(fileURLToPath(import.meta.url), databaseUrl ? [databaseUrl] : [], { silent: true });
  let log = '';
  server.stdout.on('data', (chunk) => (log += chunk));
  server.stderr.on('data', (chunk) => (log += chunk));
  const [{ port, token }] = await once(server, 'message');
  const url = `http://127.0.0.1:${port}`;
  try {
    const [honest, attacked] = [await register(url, token), await register(url, token)];
    const stored = await read(url, attacked);
    const presented = [];
    const wrong = () => {
      const secret = `cs_${crypto.randomUUID()}${presented.length}`;
      presented.push(secret);
      return secret;
    };

    const quiet = await times(QUIET, () => tokenFor(url, honest.client_id, honest.client_secret, 200));
    const attacks = [
      () => tokenFor(url, attacked.client_id, wrong(), 401),
      () => tokenFor(url, crypto.randomUUID(), wrong(), 401),
      () => manage(url, attacked.client_id, wrong(), 401),
      () => manage(url, crypto.randomUUID(), wrong(), 401),
    ];
    const under = [];
    const attack = { left: WRONG };
    const begin = performance.now();
    const attackers = Array.from({ length: AT_ONCE }, async () => {
      while (attack.left > 0) await attacks[attack.left-- % attacks.length]();
    });
    const legitimate = (async () => {
      while (attack.left > 0) under.push(await timed(() => tokenFor(url, honest.client_id, honest.client_secret, 200)));
    })();
    await Promise.all([...attackers, legitimate]);
    const seconds = (performance.now() - begin) / 1000;

    const after = await read(url, attacked);
    if (JSON.stringify(after) !== JSON.stringify(stored)) throw new Error('the client has changed');
    await tokenFor(url, attacked.client_id, attacked.client_secret, 200);
    const leaked = presented.filter((secret) => log.includes(secret));
    if (leaked.length > 0) throw new Error(`${leaked.length} secrets are in the log`);

    console.log(`database: ${databaseUrl ? 'PostgreSQL' : 'SQLite in memory'}`);
    console.log(
      `wrong requests: ${WRONG} in ${seconds.toFixed(1)} s, ${Math.round(WRONG / seconds)} a second, ${AT_ONCE} at once`,
    );
    console.log(`changed by them: nothing; of them in the log: nothing (${log.length} characters of log)`);
    console.log(`another client meanwhile: ${summary(under)}; before: ${summary(quiet)}`);
    await compare('a wrong secret, of a client that exists and of one that does not', (exists) =>
      tokenFor(url, exists ? attacked.client_id : crypto.randomUUID(), wrong(), 401),
    );
    await compare('a wrong registration access token, likewise', (exists) =>
      manage(url, exists ? attacked.client_id : crypto.randomUUID(), wrong(), 401),
    );
  } finally {
    server.kill();
  }
}

/** Interleaved, so that whatever else the machine does meets both alike. */
async function compare(title, request) {
  const samples = { true: [], false: [] };
  for (let i = 0; i < PAIRS; i++) {
    for (const exists of i % 2 ? [true, false] : [false, true])
      samples[exists].push(await timed(() => request(exists)));
  }
  const [known, unknown] = [trimmed(samples.true), trimmed(samples.false)];
  const difference = mean(known) - mean(unknown);
  const error = Math.sqrt(variance(known) / known.length + variance(unknown) / unknown.length);
  console.log(
    `${title}: ${PAIRS} pairs, medians ${micro(median(known))} and ${micro(median(unknown))}, ` +
      `difference of the means ${micro(difference)} ± ${micro(1.96 * error)} (95 %), t = ${(difference / error).toFixed(2)}`,
  );
}

async function register(url, token) {
  const body = { grant_types: ['client_credentials'], response_types: [], scope: 'api:read' };
  return json(`${url}/register`, 201, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function read(url, { client_id, registration_access_token }) {
  return manage(url, client_id, registration_access_token, 200);
}

async function manage(url, clientId, token, status) {
  return json(`${url}/register/${clientId}`, status, { headers: { authorization: `Bearer ${token}` } });
}

async function tokenFor(url, clientId, secret, status) {
  const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`;
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  return json(`${url}/token`, status, { method: 'POST', headers: { authorization }, body });
}

async function json(url, status, options) {
  const response = await fetch(url, options);
  const body = await response.json();
  if (response.status !== status) throw new Error(`${url} answered ${response.status}: ${JSON.stringify(body)}`);
  return body;
}

async function times(count, work) {
  const found = [];
  for (let i = 0; i < count; i++) found.push(await timed(work));
  return found;
}

async function timed(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

const sorted = (samples) => samples.toSorted((a, b) => a - b);
const quantile = (samples, q) => sorted(samples)[Math.floor(q * (samples.length - 1))];
const median = (samples) => quantile(samples, 0.5);
/** Without the slowest twentieth, which other work of the machine makes. */
const trimmed = (samples) => sorted(samples).slice(0, Math.floor(samples.length * 0.95));
const mean = (samples) => samples.reduce((sum, one) => sum + one, 0) / samples.length;
const variance = (samples) => {
  const middle = mean(samples);
  return mean(samples.map((one) => (one - middle) ** 2));
};
const micro = (milliseconds) => `${(milliseconds * 1000).toFixed(1)} µs`;
const summary = (samples) =>
  `${samples.length} requests, median ${quantile(samples, 0.5).toFixed(1)} ms, 99 % within ${quantile(samples, 0.99).toFixed(1)} ms`;

if (process.send) await serve(process.argv[2]);
else await measure(process.argv[2]);
