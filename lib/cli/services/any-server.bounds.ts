import { Injectable } from '@nestjs/common';
import {
  RegistrationBoundsValidator,
  type SupportedBound,
} from '../../initial-access-token/registration-bounds.validator.js';
import {
  AUTH_METHODS,
  GRANT_TYPES,
  isAbsoluteUri,
  isExtensionGrant,
  isToken,
} from '../../start-checks/server.check.js';

/** Checks bounds for a server that is not known: all syntax holds, what the server supports is not asked. */
@Injectable()
export class AnyServerBounds extends RegistrationBoundsValidator {
  protected override isSupported(name: SupportedBound, entry: string): boolean {
    return IS_POSSIBLE[name](entry);
  }
}

const IS_POSSIBLE: Readonly<Record<SupportedBound, (entry: string) => boolean>> = {
  scopes: isToken,
  grantTypes: (entry) => GRANT_TYPES.includes(entry) || isExtensionGrant(entry),
  tokenEndpointAuthMethods: (entry) => AUTH_METHODS.includes(entry) || isAbsoluteUri(entry),
};
