import type { IncomingMessage, ServerResponse } from 'node:http';

/** Node's own request, which Fastify wraps and Express extends. */
export function rawRequest(request: object): IncomingMessage {
  return ('raw' in request ? request.raw : request) as IncomingMessage;
}

/** Node's own response. */
export function rawResponse(response: object): ServerResponse {
  return ('raw' in response ? response.raw : response) as ServerResponse;
}
