import {
  ConfigurableModuleBuilder,
  Logger,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type MiddlewareConsumer,
  type NestModule,
  type OnApplicationBootstrap,
  type OnModuleInit,
  type Provider,
  type Type,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { UsedClientAssertion } from './client-authentication/used-client-assertion.entity.js';
import { ClientConfigurationController } from './client-configuration/client-configuration.controller.js';
import { ClientMetadataValidator } from './client-metadata/client-metadata.validator.js';
import { ClientRegistrationController } from './client-registration/client-registration.controller.js';
import { RegistrationListeners } from './client-registration/registration-listeners.js';
import type { RegistrationListener } from './client-registration/registration.listener.js';
import { RegistrationPolicies } from './client-registration/registration-policies.js';
import type { RegistrationPolicy } from './client-registration/registration.policy.js';
import { OAuthClient } from './client/oauth-client.entity.js';
import { ServerMetadataController } from './discovery/server-metadata.controller.js';
import { EXPORTED, SERVICES } from './dynamic-registration.services.js';
import { requireOptions } from './start-checks/options.check.js';
import { checkBesideFactory, checkExtras } from './start-checks/extras.check.js';
import {
  checkHostRoutes,
  checkRouterModule,
  checkSharedTables,
  checkSiblings,
  checkSingletons,
  HostClasses,
  ownModule,
} from './start-checks/application.check.js';
import {
  EXTRAS,
  type DynamicRegistrationExtras,
  type DynamicRegistrationOptions,
} from './dynamic-registration.options.js';
import { controllerOf } from './http/routes.js';
import { RegistrationRoutes } from './http/registration-routes.js';
import { WireResponse } from './http/wire-response.js';
import { InitialAccessToken } from './initial-access-token/initial-access-token.entity.js';
import { InitialAccessTokenGuard } from './initial-access-token/initial-access-token.guard.js';
import { CallerCredentials } from './openapi/caller-credentials.js';
import { RegistrationAccessTokenGuard } from './registration-access-token/registration-access-token.guard.js';
import { RegistrationConfiguration } from './registration-configuration.js';
import { SectorIdentifiers } from './sector-identifier/sector-identifiers.js';
import { SoftwareStatementService } from './software-statement/software-statement.service.js';
import { checkEntities, checkFoldingKey } from './storage/entity.check.js';
import { RegistrationDataSource, type RegistrationEntities } from './storage/registration-data-source.js';
import { checkTables } from './storage/table.check.js';
import { LOGGER } from './errors/logger.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<DynamicRegistrationOptions>({
    alwaysTransient: true,
  })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createDynamicRegistrationOptions')
    .setExtras<DynamicRegistrationExtras>(EXTRAS, (definition, extras) => definitionOf(definition, extras))
    .build();

/**
 * OAuth 2.0 Dynamic Client Registration (RFC 7591) and management (RFC 7592): `forRoot({ issuer })`, or `forRootAsync` with a factory. The
 * static options stand beside the factory.
 */
@Module({})
export class DynamicRegistrationModule
  extends ConfigurableModuleClass
  implements NestModule, OnModuleInit, OnApplicationBootstrap
{
  constructor(
    private readonly config: RegistrationConfiguration,
    private readonly hostClasses: HostClasses,
    private readonly adapterHost: HttpAdapterHost,
    private readonly applicationConfig: ApplicationConfig,
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
  ) {
    super();
  }

  /** Options and static options in one object. */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    requireOptions(options);
    return super.forRoot(options);
  }

  /**
   * Options of a factory: a function, or a class that implements `DynamicRegistrationOptionsFactory`. What it returns is checked when it has run,
   * what stands beside it now.
   */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    checkBesideFactory(options);
    return super.forRootAsync(options);
  }

  /** Before the routes of the application are registered. */
  configure(_consumer: MiddlewareConsumer): void {
    this.check();
    checkRouterModule(this, this.modules);
    checkHostRoutes(this.routes, this.applicationConfig, this.modules);
    const { controllers } = ownModule(this, this.modules);
    this.routes.beforeRegistration(this.adapterHost.httpAdapter, this.applicationConfig, controllers);
  }

  /** After they are. */
  onModuleInit(): void {
    this.check();
    if (this.config.access === 'open') {
      new Logger(LOGGER).warn(
        `anybody may register at ${this.config.registrationEndpoint}: put a rate limit in front of it`,
      );
    }
    if (this.config.clientIdMetadataDocuments && !this.config.clientIdMetadataDocuments.hosts) {
      new Logger(LOGGER).warn(
        'anybody may be a client by a metadata document: clientIdMetadataDocuments.hosts names hosts',
      );
    }
    if (this.adapterHost.httpAdapter) this.routes.afterRegistration(this.adapterHost.httpAdapter);
  }

  /** Before anything listens: a host may make its tables until then, in its own `onModuleInit` too. */
  async onApplicationBootstrap(): Promise<void> {
    const storage = this.moduleRef.get(RegistrationDataSource);
    await checkTables(storage);
    await checkSharedTables(this, storage, this.modules);
  }

  /** Before the routes are registered, where a second import would be the adapter's error, and without HTTP. */
  private check(): void {
    checkSingletons(this.moduleRef, this.hostClasses.all);
    checkSiblings(this, this.routes, this.modules);
  }

  /** Not injected: a class of the host that belongs to a request would make the module itself do so, and no check would ever run. */
  private get routes(): RegistrationRoutes {
    return this.moduleRef.get(RegistrationRoutes);
  }
}

function definitionOf(definition: DynamicModule, extras: DynamicRegistrationExtras): DynamicModule {
  checkExtras(extras);
  const entities: RegistrationEntities = {
    client: extras.entities?.client ?? OAuthClient,
    initialAccessToken: extras.entities?.initialAccessToken ?? InitialAccessToken,
  };
  const guards = {
    registration: extras.guards?.registration ?? InitialAccessTokenGuard,
    configuration: extras.guards?.configuration ?? RegistrationAccessTokenGuard,
  };
  const policies = extras.policies ?? [];
  const listeners = extras.listeners ?? [];
  const decorators = extras.decorators ?? [];
  const controllers = {
    registration: controllerOf(ClientRegistrationController, decorators),
    configuration: controllerOf(ClientConfigurationController, decorators),
    serverMetadata: controllerOf(ServerMetadataController, decorators),
  };
  return {
    ...definition,
    global: extras.isGlobal ?? false,
    // With forRootAsync the builder has put them there already.
    imports: [
      ...new Set([...(definition.imports ?? []), ...(extras.imports ?? [])]),
      TypeOrmModule.forFeature([entities.client, entities.initialAccessToken, UsedClientAssertion], extras.dataSource),
    ],
    controllers: Object.values(controllers),
    providers: [
      ...(definition.providers ?? []),
      ...core(entities, extras.dataSource),
      guards.registration,
      guards.configuration,
      ...policies,
      ...listeners,
      {
        provide: HostClasses,
        // Guards last: they need the others, and would be named in their place.
        useValue: new HostClasses([...policies, ...listeners, guards.registration, guards.configuration]),
      },
      { provide: CallerCredentials, useValue: new CallerCredentials(guards) },
      provideList(RegistrationPolicies, policies, [
        ClientMetadataValidator,
        SoftwareStatementService,
        SectorIdentifiers,
      ]),
      provideList(RegistrationListeners, listeners, [RegistrationDataSource]),
      {
        provide: RegistrationRoutes,
        useFactory: (config, wire, registration, configuration) =>
          new RegistrationRoutes(config, wire, controllers, { registration, configuration }),
        inject: [RegistrationConfiguration, WireResponse, guards.registration, guards.configuration],
      },
      ...(extras.providers ?? []),
    ],
    exports: [...EXPORTED],
  };
}

function core(entities: RegistrationEntities, dataSource: string | undefined): Provider[] {
  return [
    {
      provide: RegistrationConfiguration,
      useFactory: (options: DynamicRegistrationOptions) => new RegistrationConfiguration(options),
      inject: [MODULE_OPTIONS_TOKEN],
    },
    {
      provide: RegistrationDataSource,
      useFactory: (source: DataSource, config: RegistrationConfiguration) => {
        checkEntities(source, entities, config.metadataTable, config.limits);
        if (config.openRegistration.foldIdentical) checkFoldingKey(source.getMetadata(entities.client));
        return new RegistrationDataSource(source, entities, config.preparedStatements);
      },
      inject: [getDataSourceToken(dataSource), RegistrationConfiguration],
    },
    ...SERVICES,
  ];
}

/** A provider whose first parameter is the instances of the host's classes, in their order. */
function provideList<T>(
  provide: Type<T>,
  classes: readonly Type<RegistrationPolicy | RegistrationListener>[],
  dependencies: readonly Type<object>[],
): FactoryProvider<T> {
  return {
    provide,
    useFactory: (...injected: unknown[]) =>
      new provide(injected.slice(dependencies.length), ...injected.slice(0, dependencies.length)),
    inject: [...dependencies, ...classes],
  };
}
