import { OAuthClientInformationFullSchema } from '@modelcontextprotocol/sdk/shared/auth.js';
import { expect } from 'vitest';

type Answer = Readonly<Record<string, unknown>>;

/** Members of an answer that an update must not send back (RFC 7592 section 2.2). */
const SERVER_MEMBERS = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
];

/** The metadata of an answer as a client sends it back in an update. */
export function asUpdate(answer: Answer): Record<string, unknown> {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => !SERVER_MEMBERS.includes(name)));
}

/** The answer without what only registration shows. */
export function withoutSecret(answer: Answer): Answer {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => name !== 'client_secret'));
}

/** What the strictest clients in use demand of every client information response. */
export function expectStrictAnswer(answer: Answer): void {
  expectMcpAnswer(answer);
  expectAppAuthAnswer(answer);
  for (const [name, value] of Object.entries(answer)) expect([null, ''], name).not.toContain(value);
}

/** The MCP SDK reads the answer, and reads in it what is there. */
function expectMcpAnswer(answer: Answer): void {
  const parsed = OAuthClientInformationFullSchema.parse(answer);
  for (const [name, value] of Object.entries(parsed)) expect([name, value]).toEqual([name, answer[name]]);
  expect(parsed.client_id_issued_at).toBeTypeOf('number');
}

/** AppAuth throws at a secret without its expiry, and at one of token and URI without the other. */
function expectAppAuthAnswer(answer: Answer): void {
  if ('client_secret' in answer) expect(answer['client_secret_expires_at']).toBeTypeOf('number');
  expect('registration_access_token' in answer).toBe('registration_client_uri' in answer);
}
