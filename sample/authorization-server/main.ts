import type { INestApplication } from '@nestjs/common';
import { InitialAccessTokenService, RegistrationConfiguration } from 'nestjs-dynamic-registration';
import { environment } from './environment.js';
import { createApplication } from './http-application.js';

const app: INestApplication = await createApplication(environment.httpAdapter);
app.enableShutdownHooks();
await app.init();
const token = await initialAccessToken(app.get(InitialAccessTokenService));
await app.listen(environment.port, environment.host);

const { registrationEndpoint } = app.get(RegistrationConfiguration);
console.log(`registration endpoint: ${registrationEndpoint}`);
console.log(`initial access token: ${token}`);
console.log(
  `curl -X POST ${registrationEndpoint} -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' ` +
    `-d '{"client_name":"Tide Tables","redirect_uris":["https://tides.example/cb"]}'`,
);

/** The fixed token of the environment, or one for the next hour. */
async function initialAccessToken(tokens: InitialAccessTokenService): Promise<string> {
  const fixed = environment.initialAccessToken;
  if (fixed === undefined) return (await tokens.issue()).token;
  if (await tokens.find(fixed)) return fixed;
  try {
    await tokens.issue({ token: fixed, expiresInSeconds: 0 });
  } catch (error) {
    // Another instance that started at the same time was faster.
    if (!(await tokens.find(fixed))) throw error;
  }
  return fixed;
}
