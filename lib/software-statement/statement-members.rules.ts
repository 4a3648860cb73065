import { decidedFields, fieldName } from '../client-metadata/decided-fields.js';
import { taggedName } from '../client-metadata/language-tag.js';
import { isOmitted } from '../client-metadata/metadata-field.decorator.js';
import type { MetadataTable } from '../client-metadata/metadata-table.js';

type Members = Readonly<Record<string, unknown>>;

/** The member that carries a statement. */
export const STATEMENT_MEMBER = 'software_statement';

/** What a claim is never: metadata of the client (RFC 7519 section 4.1). */
export const JWT_CLAIMS: readonly string[] = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'];

/**
 * The metadata that a statement is about: claims with the names of known fields, those with language tags included, and claims that have
 * names of their own at this issuer. Whatever else a statement says is ignored, and so are claims that are null or empty.
 * @param names the fields by the names of such claims
 */
export function statedMembers(
  claims: Members,
  table: MetadataTable,
  names: Members = {},
): ReadonlyMap<string, unknown> {
  const stated = new Map<string, unknown>();
  const renamed = new Map<string, unknown>();
  for (const [claim, value] of Object.entries(claims)) {
    if (isOmitted(value) || JWT_CLAIMS.includes(claim)) continue;
    const { base, tag } = taggedName(claim) ?? { base: claim, tag: undefined };
    const own = Object.hasOwn(names, base) ? String(names[base]) : undefined;
    const row = table.get(own ?? base);
    if (!row || row.name === STATEMENT_MEMBER || (tag !== undefined && !row.languageTags)) continue;
    (own === undefined ? stated : renamed).set(tag === undefined ? row.name : `${row.name}#${tag}`, value);
  }
  // The configuration says which of two claims for one field is meant.
  return new Map([...stated, ...renamed]);
}

/**
 * A request with the members of its statement in place of its own (RFC 7591 section 2.3: they take precedence). A field that is stated is
 * stated in all languages, and keys have one source.
 */
export function withStatement(
  request: Members,
  stated: ReadonlyMap<string, unknown>,
  text: string,
  table: MetadataTable,
): Members {
  const fields = decidedFields(stated.keys(), table);
  const own = Object.entries(request).filter(([name]) => !fields.has(fieldName(name)));
  return Object.fromEntries([...own, ...stated, [STATEMENT_MEMBER, text]]);
}

/** The members of a request that a statement has replaced by something else, or taken away. */
export function overriddenMembers(
  request: Members,
  stated: ReadonlyMap<string, unknown>,
  table: MetadataTable,
): readonly string[] {
  const fields = decidedFields(stated.keys(), table);
  return Object.keys(request).filter((name) => {
    const value = request[name];
    return (
      !isOmitted(value) && fields.has(fieldName(name)) && JSON.stringify(value) !== JSON.stringify(stated.get(name))
    );
  });
}
