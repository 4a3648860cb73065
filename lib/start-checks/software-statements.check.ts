import { SIGNATURE_ALGORITHMS } from '../client-metadata/jose-algorithms.js';
import { hasKeyFor, jwkSet } from '../client-metadata/jwk-set.rules.js';
import type { MetadataTable } from '../client-metadata/metadata-table.js';
import { httpsUri } from '../client-metadata/web-uri.rules.js';
import { fail } from '../errors/start-failure.js';
import {
  DEFAULT_STATEMENT_ALGORITHMS,
  type SoftwareStatementIssuer,
  type SoftwareStatementOptions,
} from '../software-statement/software-statement.options.js';
import { JWT_CLAIMS, STATEMENT_MEMBER } from '../software-statement/statement-members.rules.js';
import { didYouMean } from './nearest-name.js';
import { count, flag, isObject, knownWords, listOf, members, must, some, word, type Check } from './value.checks.js';

const name = must((value) => typeof value === 'string' && value !== '', 'must be a string with something in it');

const issuer = members(
  {
    issuer: name,
    jwks: fitting(jwkSet),
    jwksUri: fitting(httpsUri),
    algorithms: some(knownWords('Statements are signed with', SIGNATURE_ALGORITHMS, () => false)),
    audience: name,
    maximumAgeSeconds: count,
    requireJti: flag,
    requiredOnUpdate: flag,
    claims: must(
      (value) => isObject(value) && Object.values(value).every((field) => typeof field === 'string'),
      "must be names of metadata fields by those of claims, such as { software_redirect_uris: 'redirect_uris' }",
    ),
  },
  'must be { issuer, jwks } or { issuer, jwksUri }',
);

/** The option `softwareStatements`, member by member. */
export const softwareStatements: Check = members({
  mode: word('ignored', 'optional', 'required'),
  issuers: listOf(issuer, 'must be a list of { issuer, jwks } or { issuer, jwksUri }'),
  resolveKey: must((value) => typeof value === 'function', 'must be a function of header, claims and context'),
});

/**
 * Checks what the members of the option mean together.
 * @throws Error naming the option and the way out
 */
export function checkSoftwareStatements(
  { mode = 'ignored', issuers = [], resolveKey }: SoftwareStatementOptions,
  table: MetadataTable,
): void {
  if (mode !== 'ignored' && issuers.length === 0 && !resolveKey) {
    fail(
      `"softwareStatements.mode" is ${mode}, and nobody's statements are accepted. Give "softwareStatements.issuers" or "softwareStatements.resolveKey"`,
    );
  }
  const names = issuers.map((one) => one.issuer);
  for (const [i, one] of issuers.entries()) {
    const option = `softwareStatements.issuers[${i}]`;
    if (one.issuer === undefined) fail(`"${option}.issuer" is missing. Give the iss of its statements`);
    if (names.indexOf(one.issuer) < i) fail(`"${option}.issuer" is there already. Give each issuer once`);
    checkKeys(one, option);
    checkClaims(one, option, table);
  }
}

function checkKeys(
  { jwks, jwksUri, algorithms = DEFAULT_STATEMENT_ALGORITHMS }: SoftwareStatementIssuer,
  option: string,
) {
  if ((jwks === undefined) === (jwksUri === undefined)) {
    fail(`"${option}" must have one of jwks and jwksUri. Give the public keys, or the https URL they are found at`);
  }
  if (jwks !== undefined && !algorithms.some((alg) => hasKeyFor(jwks, 'sig', alg))) {
    fail(
      `"${option}.jwks" has no key for ${algorithms.join(', ')}. Give one, or its algorithm in "${option}.algorithms"`,
    );
  }
}

function checkClaims({ claims = {} }: SoftwareStatementIssuer, option: string, table: MetadataTable): void {
  for (const [claim, field] of Object.entries(claims)) {
    if (JWT_CLAIMS.includes(claim) || claim === STATEMENT_MEMBER) {
      fail(`"${option}.claims" must not contain ${claim}, which is no metadata. Take it out`);
    }
    if (field === STATEMENT_MEMBER || !table.has(field)) {
      const known = [...table.keys()].filter((one) => one !== STATEMENT_MEMBER);
      const way =
        didYouMean(field, known) || '. The fields are in docs/metadata.md, with the option that makes each known';
      fail(`"${option}.claims.${claim}" must be a metadata field that is known here${way}`);
    }
  }
}

/** A value that fits a rule of metadata; the message does not repeat it. */
function fitting(rule: typeof jwkSet): Check {
  return (value, option) => {
    const [wrong] = rule(value);
    return wrong && `"${option}${wrong.at}" ${wrong.rule}`;
  };
}
