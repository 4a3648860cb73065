const port = Number(process.env['PORT'] ?? 3001);
const origin = `http://localhost:${port}`;

/** What the environment says, with the defaults of this sample. */
export const environment = {
  port,
  /** The authorization server that protects this one. */
  issuer: process.env['ISSUER'] ?? 'http://localhost:3000',
  /** For an authorization server that is not open to everybody. */
  initialAccessToken: process.env['INITIAL_ACCESS_TOKEN']?.trim() || undefined,
  /** What tokens must be for (RFC 8707). */
  resource: `${origin}/mcp`,
  /** Where this server describes itself (RFC 9728 section 3.1). */
  resourceMetadata: `${origin}/.well-known/oauth-protected-resource/mcp`,
  redirectUri: `${origin}/callback`,
  scopes: ['api:read', 'api:write'],
} as const;
