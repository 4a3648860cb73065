import { VersioningType } from '@nestjs/common';
import { SnakeCaseNamingStrategy } from '../support/snake-case.naming-strategy.js';
import { catchAllFilters } from './catch-all-filters.host.js';
import { entityHooks } from './entity-hooks.host.js';
import { bearerOfEverybody, bearerOfNobody } from './foreign-bearer.host.js';
import { globalPipes } from './global-pipes.host.js';
import type { HostName } from './host-names.js';
import { combined, type HostProfile } from './host-profile.js';
import { jwtGuard } from './jwt-guard.host.js';
import { microservice } from './microservice.host.js';
import { wrappingInterceptors } from './wrapping-interceptors.host.js';

const globalPrefix: HostProfile = { configure: (app) => void app.setGlobalPrefix('api') };

const uriVersioning: HostProfile = {
  configure: (app) => void app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
};

const snakeCase: HostProfile = { typeorm: { namingStrategy: new SnakeCaseNamingStrategy() } };

/** Hosts the module has to work in as it does in a plain one, each with one thing of its own, and one with everything. */
export const hosts: Readonly<Record<HostName, HostProfile>> = {
  plain: {},
  'global-pipes': globalPipes,
  'global-prefix': globalPrefix,
  'uri-versioning': uriVersioning,
  'catch-all-filters': catchAllFilters,
  'wrapping-interceptors': wrappingInterceptors,
  'jwt-guard': jwtGuard,
  'snake-case': snakeCase,
  'entity-hooks': entityHooks,
  'issuer-with-path': { issuer: 'http://localhost:4999/tenants/acme' },
  'stripping-proxy': { issuer: 'http://localhost:4999/auth', mount: '/register' },
  'bearer-of-nobody': bearerOfNobody,
  'bearer-of-everybody': bearerOfEverybody,
  microservice,
  everything: combined(
    globalPipes,
    globalPrefix,
    uriVersioning,
    catchAllFilters,
    wrappingInterceptors,
    jwtGuard,
    snakeCase,
    entityHooks,
    bearerOfEverybody,
    microservice,
  ),
};
