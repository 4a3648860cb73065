import { expect } from 'vitest';
import type { JsonResponse } from '../support/start-server.js';

/** Asserts the answer of a server that cannot do it now: try again, the same request may succeed. */
export function expectUnavailable({ status, headers, body }: JsonResponse): void {
  expect({
    status,
    'content-type': headers.get('content-type')?.split(';')[0],
    'retry-after': headers.get('retry-after'),
    'cache-control': headers.get('cache-control'),
    ...body,
  }).toEqual({
    status: 503,
    'content-type': 'application/json',
    'retry-after': '1',
    'cache-control': 'no-store',
    error: 'temporarily_unavailable',
    error_description: 'the server cannot answer now, try again later',
  });
}
