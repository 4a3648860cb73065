import { InitialAccessToken } from 'nestjs-dynamic-registration';
import { DataSource } from 'typeorm';
import { migrations } from './migrations.js';
import { ProviderApp } from './provider-app.entity.js';
import { User } from './users.js';

export { dynamicRegistration } from './registration.options.js';

/** For your application, and for `dcr ... --data-source`. */
export default new DataSource({
  type: 'postgres',
  url: process.env['DATABASE_URL'],
  entities: [ProviderApp, InitialAccessToken, User],
  migrations,
});
