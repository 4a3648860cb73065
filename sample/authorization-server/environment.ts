import { encryptionKey } from './encryption-key.js';
import { softwareStatements } from './software-statements.js';

/** What the environment says, with the defaults of this sample. */
export const environment = read(process.env);

function read(env: NodeJS.ProcessEnv) {
  const port = Number(env['PORT'] ?? 3000);
  return {
    port,
    host: env['HOST'] ?? '127.0.0.1',
    issuer: env['ISSUER'] ?? `http://localhost:${port}`,
    databaseUrl: env['DATABASE_URL'] ?? 'sqlite:.data/authorization-server.sqlite',
    httpAdapter: oneOf('HTTP_ADAPTER', env['HTTP_ADAPTER'] ?? 'express', ['express', 'fastify']),
    access: oneOf('ACCESS', env['ACCESS'] ?? 'initial-access-token', ['initial-access-token', 'open']),
    /** A fixed token with unlimited uses, for scripts; otherwise each start makes one that ends in an hour. */
    initialAccessToken: token(env['INITIAL_ACCESS_TOKEN']),
    /** Lets keys and metadata of clients be read from this machine, for clients under development. */
    allowLoopback: oneOf('ALLOW_LOOPBACK', env['ALLOW_LOOPBACK'] ?? 'false', ['true', 'false']) === 'true',
    /** 32 octets in base64, which every instance on one database has to share. */
    encryptionKey: env['ENCRYPTION_KEY'] ?? encryptionKey(),
    /** Requests to the endpoints of registration, per minute and caller. */
    rateLimit: wholeNumber('RATE_LIMIT', env['RATE_LIMIT']),
    softwareStatements: softwareStatements(env['SOFTWARE_STATEMENT_ISSUER'], env['SOFTWARE_STATEMENT_JWKS']),
  } as const;
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new Error(`${name} must be ${allowed.join(' or ')}`);
  return found;
}

function wholeNumber(name: string, value: string | undefined): number | undefined {
  if (value !== undefined && !/^[1-9]\d{0,5}$/.test(value)) {
    throw new Error(`${name} must be a whole number from 1 to 999999`);
  }
  return value === undefined ? undefined : Number(value);
}

function token(value: string | undefined): string | undefined {
  if (value !== undefined && !/^[A-Za-z0-9\-._~+/]{32,}=*$/.test(value)) {
    throw new Error('INITIAL_ACCESS_TOKEN must have at least 32 characters of A-Z a-z 0-9 - . _ ~ + /');
  }
  return value;
}
