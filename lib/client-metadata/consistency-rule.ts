import type { RedirectUriOptions } from '../dynamic-registration.options.js';
import type { ServerCapabilities } from '../server.capabilities.js';
import type { ClientMetadata } from './client-metadata.dto.js';
import type { Violation } from './metadata-rule.js';

/** A violation of one field, alone or beside others. */
export interface FieldViolation extends Violation {
  /** The field on the wire that has to change. */
  readonly field: string;
}

/** A pure rule across fields, on metadata with every default applied. */
export interface ConsistencyRule {
  /** Every field it looks at, the one it is about first: of one that is unknown or refused already there is nothing to say. */
  readonly reads: readonly string[];
  readonly check: (metadata: ClientMetadata, context: ConsistencyContext) => readonly FieldViolation[];
}

/** What else decides about the fields of a client together. */
export interface ConsistencyContext {
  readonly redirectUris: Required<RedirectUriOptions>;
  readonly server: Pick<ServerCapabilities, 'tokenEndpointAuthSigningAlgs'>;
}

/** One violation of a field. */
export function ofField(field: string, rule: string, at = ''): readonly FieldViolation[] {
  return [{ field, at, rule }];
}
