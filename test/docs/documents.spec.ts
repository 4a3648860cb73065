import {
  InitialAccessTokenGuard,
  OpenApiService,
  RegistrationAccessTokenGuard,
  RegistrationConfiguration,
} from 'nestjs-dynamic-registration';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { CallerCredentials } from '../../lib/openapi/caller-credentials.js';
import { SERVER } from '../../sample/authorization-server/server.js';
import { ENCRYPTION_KEYS } from '../support/full-server.js';
import { metadataDocument } from './metadata-document.js';

/** Made again by `npm run docs`. */
describe('documents made from the metadata class', () => {
  it('docs/metadata.md is what the class says', async () => {
    await expect(await formatted(metadataDocument(), 'markdown')).toMatchFileSnapshot('../../docs/metadata.md');
  });

  it('docs/openapi.json is what the sample serves', async () => {
    const config = new RegistrationConfiguration({
      issuer: 'https://auth.example.com',
      server: SERVER,
      clientSecret: { encryptionKeys: ENCRYPTION_KEYS },
      discovery: true,
    });
    const guards = { registration: InitialAccessTokenGuard, configuration: RegistrationAccessTokenGuard };
    const document = new OpenApiService(config, new CallerCredentials(guards)).openApiDocument();
    await expect(await formatted(JSON.stringify(document), 'json')).toMatchFileSnapshot('../../docs/openapi.json');
  });
});

/** As `npm run format` leaves it. */
async function formatted(text: string, parser: 'markdown' | 'json'): Promise<string> {
  return format(text, { parser, printWidth: 120, singleQuote: true });
}
