import { Injectable } from '@nestjs/common';
import { ClientMetadataValidator, type Explanation } from '../../client-metadata/client-metadata.validator.js';
import type { RegistrableMetadata } from '../../client-metadata/client-metadata.settlement.js';
import { UNBOUNDED } from '../../client-metadata/metadata-bounds.js';
import { RegistrationConfiguration } from '../../registration-configuration.js';
import { anyServerFor } from './any-server.js';

/** Kept, since the clients of one server name the same few. */
const MOST_SERVERS = 100;

/**
 * Judges clients of a server that is not known: all syntax and the rules across fields hold, what a server supports is not asked. What a client
 * does not say of itself stays unsaid, where only the server knows a default.
 */
@Injectable()
export class AnyServerValidator extends ClientMetadataValidator {
  private readonly servers = new Map<string, ServerOfClient>();
  private readonly ofEveryServer = new RegistrationConfiguration({ issuer: 'http://localhost' }).metadataTable;

  override async validate(body: unknown, _grantTypes?: readonly string[], mayHaveNone = false, bounds = UNBOUNDED) {
    const { validator, config } = this.serverOf(body);
    return this.asSaid(body, await validator.validate(body, config.server.grantTypes, mayHaveNone, bounds), config);
  }

  override async explain(
    body: unknown,
    _grantTypes?: readonly string[],
    mayHaveNone = false,
    bounds = UNBOUNDED,
  ): Promise<Explanation> {
    const { validator, config } = this.serverOf(body);
    const { refusals, metadata } = await validator.explain(body, config.server.grantTypes, mayHaveNone, bounds);
    return { refusals, metadata: metadata && this.asSaid(body, metadata, config) };
  }

  override async validateScope(scope: string, bounds = UNBOUNDED): Promise<string> {
    return this.serverOf({ scope }).validator.validateScope(scope, bounds);
  }

  private serverOf(body: unknown): ServerOfClient {
    const options = anyServerFor(body, { unsupportedMetadata: 'reject' });
    const key = JSON.stringify(options.server);
    let server = this.servers.get(key);
    if (!server) {
      const config = new RegistrationConfiguration(options);
      server = { config, validator: new ClientMetadataValidator(config) };
      if (this.servers.size >= MOST_SERVERS) this.servers.clear();
      this.servers.set(key, server);
    }
    return server;
  }

  /** Without the defaults of features, which the server of the client may not have, or have others for. */
  private asSaid(body: unknown, metadata: RegistrableMetadata, { metadataTable }: RegistrationConfiguration) {
    const isSaid = (name: string) => Object.hasOwn(Object(body), name);
    const lists = [...metadataTable.values()].filter(({ name }) => isSaid(name));
    for (const row of metadataTable.values()) {
      const isChosen = lists.some(({ choiceOf }) => choiceOf === row.name);
      if (!this.ofEveryServer.has(row.name) && !isSaid(row.name) && !isChosen)
        Reflect.deleteProperty(metadata, row.name);
    }
    return metadata;
  }
}

interface ServerOfClient {
  readonly config: RegistrationConfiguration;
  readonly validator: ClientMetadataValidator;
}
