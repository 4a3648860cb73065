import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ClientAuthenticationGuard, CurrentClient, OAuthClient } from 'nestjs-dynamic-registration';
import { expect } from 'vitest';
import type { TestServer } from '../support/start-server.js';

/** A token endpoint of a host, which tells who asks. */
@Controller('token')
export class TokenEndpoint {
  @Post()
  @HttpCode(200)
  @UseGuards(ClientAuthenticationGuard)
  token(@CurrentClient() client: OAuthClient, @Body() _form: unknown): object {
    return { client_id: client.clientId, isEntity: client instanceof OAuthClient };
  }
}

/** An answer of it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A request to it, with a form. */
export async function ask(
  server: Pick<TestServer, 'port'>,
  form: Readonly<Record<string, string>> | string | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${server.port}/token`, {
    method: 'POST',
    headers,
    ...(form !== undefined && { body: new URLSearchParams(form) }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Readonly<Record<string, unknown>>,
  };
}

/** The header of `client_secret_basic`. */
export function basic(clientId: string, secret: string): { authorization: string } {
  const pair = [clientId, secret].map((half) => new URLSearchParams({ '': half }).toString().slice(1)).join(':');
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Asserts that a client did not prove who it is (RFC 6749 section 5.2): one answer, whatever the reason. */
export function expectInvalidClient(
  answer: Answer,
  inHeader = false,
  description = 'client authentication failed',
): void {
  expect(answer.body).toEqual({ error: 'invalid_client', error_description: description });
  expect(answer.status).toBe(401);
  expect(answer.headers.get('www-authenticate')).toBe(inHeader ? 'Basic realm="client", charset="UTF-8"' : null);
  expectHeaders(answer);
}

/** Asserts that a request was not understood, or cannot be answered now. */
export function expectError(answer: Answer, status: 400 | 503, error: string, description: string): void {
  expect(answer.body).toEqual({ error, error_description: description });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
  expectHeaders(answer);
}

function expectHeaders({ headers }: Answer): void {
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('content-type')).toMatch(/^application\/json/);
}
