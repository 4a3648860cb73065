// Client authentication at a token endpoint with `ClientAuthenticationGuard` that does nothing else.
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { load, measure } from '../load.mjs';
import { registration, WEB_CLIENT } from '../requests.mjs';
import { inRounds, progress } from '../rounds.mjs';
import { ServerProcess } from '../server-process.mjs';
import { TOKEN_ENDPOINT } from '../targets.mjs';
import { told } from './throughput.mjs';

const FIRST_REQUESTS = 2_000;
/** Assertions are signed before a cell, so that the driver is as idle as with secrets; more are signed when these are used up. */
const ASSERTIONS_PER_SECOND = 3_000;
const LIFETIME_SECONDS = 300;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** @returns by method one cell a round: `{ rate, cpu }` */
export async function measureAuthentication({ databases, rounds, seconds }) {
  const server = await ServerProcess.start(TOKEN_ENDPOINT, await databases.create('postgres', TOKEN_ENDPOINT.name));
  try {
    const methods = Object.entries({
      client_secret_basic: await secretRequests(server),
      private_key_jwt: await assertionRequests(server),
    });
    for (const [, requests] of methods) await load(server, requests(0), { amount: FIRST_REQUESTS });
    const cells = {};
    await inRounds(rounds, methods, async ([name, requests], round) => {
      const cell = await measure(server, requests(seconds), seconds);
      cells[name] = [...(cells[name] ?? []), cell];
      progress(`round ${round + 1} of ${rounds}, ${name}: ${told(cell)}`);
    });
    return cells;
  } finally {
    await server.stop();
  }
}

async function secretRequests(server) {
  const client = await server.send(registration(server, WEB_CLIENT));
  const credentials = Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64');
  const headers = { ...FORM, authorization: `Basic ${credentials}` };
  const body = new URLSearchParams({ grant_type: 'authorization_code', code: 'benchmark' }).toString();
  return () => ({ method: 'POST', path: '/token', headers, body, status: 201 });
}

/** `private_key_jwt` with ES256: each assertion is another one (RFC 7523 section 3). */
async function assertionRequests(server) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'benchmark', alg: 'ES256', use: 'sig' }] };
  const client = await server.send(
    registration(server, { ...WEB_CLIENT, token_endpoint_auth_method: 'private_key_jwt', jwks }),
  );
  const newBody = () =>
    new URLSearchParams({
      grant_type: 'authorization_code',
      code: 'benchmark',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertionOf(client.client_id, privateKey),
    }).toString();
  return (seconds) => {
    const signed = Array.from({ length: seconds * ASSERTIONS_PER_SECOND }, newBody);
    const request = { method: 'POST', path: '/token', headers: FORM };
    const setupRequest = (prepared) => ({ ...prepared, body: signed.pop() ?? newBody() });
    return { ...request, requests: [{ ...request, setupRequest }], status: 201 };
  };
}

function assertionOf(clientId, privateKey) {
  const now = Math.floor(Date.now() / 1000);
  const header = { alg: 'ES256', kid: 'benchmark' };
  const claims = { iss: clientId, sub: clientId, aud: 'https://auth.example.com', jti: randomUUID(), iat: now };
  const parts = [header, { ...claims, exp: now + LIFETIME_SECONDS }];
  const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}
