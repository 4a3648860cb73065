import { AddClientLifeCycle1764300000000 } from './add-client-life-cycle.js';
import { AddEncryptedClientSecret1764100000000 } from './add-encrypted-client-secret.js';
import { CreateDynamicRegistrationTables1764000000000 } from './create-dynamic-registration-tables.js';
import { CreateUsedClientAssertions1764200000000 } from './create-used-client-assertions.js';

/**
 * The migrations that make the tables of `OAuthClient`, `InitialAccessToken` and `UsedClientAssertion`, for the `migrations` of the host's data source. A later version
 * adds to the list and changes nothing in it.
 */
export const dynamicRegistrationMigrations = [
  CreateDynamicRegistrationTables1764000000000,
  AddEncryptedClientSecret1764100000000,
  CreateUsedClientAssertions1764200000000,
  AddClientLifeCycle1764300000000,
];
