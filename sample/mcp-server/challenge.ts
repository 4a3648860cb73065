import { HttpException } from '@nestjs/common';
import type { Response } from 'express';
import { environment } from './environment.js';

/** The least that a token must be for. */
export const SCOPE = 'api:read';

/** Refuses a request, and tells where to get a token (RFC 6750 section 3, RFC 9728 section 5.1). */
export function refuse(response: Response, status: 401 | 403, error?: string): never {
  const parameters = {
    ...(error !== undefined && { error }),
    scope: SCOPE,
    resource_metadata: environment.resourceMetadata,
  };
  const challenge = Object.entries(parameters).map(([name, value]) => `${name}="${value}"`);
  response.setHeader('WWW-Authenticate', `Bearer ${challenge.join(', ')}`);
  throw new HttpException({ error: error ?? 'invalid_token' }, status);
}
