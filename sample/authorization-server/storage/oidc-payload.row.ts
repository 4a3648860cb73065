import { createHash } from 'node:crypto';
import type { OidcPayload } from './oidc-payload.entity.js';

export type Payload = Record<string, unknown>;

/** What is stored of a payload, with what it is found by. */
export function rowOf(model: string, id: string, payload: Payload, expiresIn: number): OidcPayload {
  const { grantId, uid } = payload;
  return {
    hash: hashOf(model, id),
    model,
    payload,
    clientId: textOf(clientIdOf(payload)),
    grantId: textOf(grantId),
    uidHash: typeof uid === 'string' ? hashOf(model, uid) : null,
    consumedAt: null,
    expiresAt: now() + expiresIn,
  };
}

/** The client that something belongs to: an interaction to that of its authorization request. */
export function clientIdOf(payload: Payload): unknown {
  return payload['clientId'] ?? paramsOf(payload)['client_id'];
}

/** The authorization request of an interaction. */
export function paramsOf({ params }: Payload): Payload {
  return (params ?? {}) as Payload;
}

export function hashOf(model: string, id: string): string {
  return createHash('sha256').update(`${model}:${id}`).digest('hex');
}

export function now(): number {
  return Math.floor(Date.now() / 1000);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
