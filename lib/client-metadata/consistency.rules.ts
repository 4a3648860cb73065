import { accessTokenRules } from './access-token.rules.js';
import { algorithmRules, unsignedRules } from './algorithm.rules.js';
import { redirectUriRules } from './application-type.rules.js';
import { authenticationMethodRules } from './authentication-method.rules.js';
import { backchannelAuthenticationRules } from './backchannel-authentication.rules.js';
import { keySourceRule } from './key-source.rules.js';
import { logoutRules } from './logout.rules.js';
import { ofField, type ConsistencyRule } from './consistency-rule.js';
import { NONE } from './metadata-rule.js';
import type { MetadataTable } from './metadata-table.js';
import { subjectTypeRules } from './subject-type.rules.js';

/** A client that uses the authorization endpoint has to be sent back somewhere (RFC 7591 section 2). */
const redirectUriRequired: ConsistencyRule = {
  reads: ['redirect_uris', 'response_types'],
  check: ({ redirect_uris: uris = [], response_types: types = [] }) =>
    types.length > 0 && uris.length === 0
      ? ofField('redirect_uris', 'must contain at least one URI when a response type is registered')
      : NONE,
};

/** The rules across known fields, in the order in which a client learns of its mistakes. */
export function consistencyRules(table: MetadataTable): readonly ConsistencyRule[] {
  const all = [
    ...redirectUriRules,
    redirectUriRequired,
    keySourceRule,
    ...authenticationMethodRules,
    ...algorithmRules(table),
    ...unsignedRules,
    ...accessTokenRules,
    ...logoutRules,
    ...backchannelAuthenticationRules,
    ...subjectTypeRules,
  ];
  return all.filter(({ reads: [subject = ''] }) => table.has(subject));
}
