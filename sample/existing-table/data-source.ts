import { InitialAccessToken } from 'nestjs-dynamic-registration';
import { DataSource } from 'typeorm';
import { migrations } from './migrations.js';
import { ProviderApp } from './provider-app.entity.js';
import { User } from './users.js';

export { dynamicRegistration } from './registration.options.js';

/** For your application, and for `dcr ... --data-source`. */
export default new DataSource({
  type: 'postgres',
  url: process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  entities: [ProviderApp, InitialAccessToken, User],
  migrations,
});
