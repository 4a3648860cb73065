import { registerDecorator } from 'class-validator';
import type {
  InvalidClientMetadataError,
  InvalidRedirectUriError,
  InvalidSoftwareStatementError,
} from '../errors/registration.error.js';
import type { ServerCapabilities } from '../server.capabilities.js';
import type { JsonSchema } from './json-schema.js';
import type { MetadataRule } from './metadata-rule.js';

/** What a row of the metadata table says beside its rules. */
export interface MetadataFieldOptions {
  /** The section that defines the field. */
  readonly spec?: string;
  /** The error a violation of this field ends in. @default InvalidClientMetadataError */
  readonly error?: MetadataErrorType;
  /** The value of a client that sends none. @default omitted */
  readonly defaultValue?: unknown;
  /** The supported value a client that sends none gets; where the server does not support it, what the server prefers. @default omitted */
  readonly prefers?: string;
  /** The default in words, where it depends on more than this row. @default made from `defaultValue` and `prefers` */
  readonly default?: string;
  /** Whether `name#tag` variants are allowed (RFC 7591 section 2.2). @default false */
  readonly languageTags?: boolean;
  /** Whether registration and update are refused without the field. @default false */
  readonly required?: boolean;
  /** Brings an acceptable value into the form that is stored and returned. */
  readonly normalize?: (value: never) => unknown;
  /** Which bounds of `limits` hold for the value: its bytes, and how many entries a list may have. */
  readonly limits?: { readonly bytes?: MetadataLimit; readonly entries?: MetadataLimit };
  /** What a value looks like in the OpenAPI document, beside what our rules say. @default made from the type of the property */
  readonly schema?: JsonSchema;
  /** Whether the server knows the field at all; an unknown one is ignored. @default whether `supported`, if given, lists anything */
  readonly offered?: (server: ServerCapabilities) => boolean;
  /** The values the server supports. Other entries of a list are narrowed away, another single value is refused. @default any */
  readonly supported?: (server: ServerCapabilities) => readonly string[];
  /** The values of another field without which this one means nothing. */
  readonly onlyWith?: { readonly field: string; readonly values: readonly string[] };
  /** What the algorithm that the field names is used for. */
  readonly algorithm?: AlgorithmPurpose;
  /** For the encryption of a content: the field that names the algorithm for its key, without which there is none. */
  readonly contentOf?: string;
  /** For a list the server chooses from: the field that holds the choice (OpenID Connect Relying Party Metadata Choices section 2). */
  readonly choiceOf?: string;
  /** Whether an empty list means something, is kept and returned; any other empty list counts as omitted. @default false */
  readonly mayBeEmpty?: boolean;
  /** Whether the member is only read from requests, and neither stored nor returned. @default false */
  readonly requestOnly?: boolean;
}

/** The error a violation of a field ends in. */
export type MetadataErrorType =
  typeof InvalidRedirectUriError | typeof InvalidClientMetadataError | typeof InvalidSoftwareStatementError;

/** Who uses an algorithm for what, which decides about the keys or the secret it needs. */
export type AlgorithmPurpose = 'signed-by-server' | 'signed-by-client' | 'encrypted-to-client' | 'encrypted-to-server';

/** The bounds of the option `limits` that a row can name. */
export type MetadataLimit =
  | 'redirectUris'
  | 'uriBytes'
  | 'scopeBytes'
  | 'textBytes'
  | 'listEntries'
  | 'jwksBytes'
  | 'objectBytes'
  | 'softwareStatementBytes';

/** What the decorators of one property of one class have said: options and rules of this class alone. */
export interface MetadataRowPart {
  options: MetadataFieldOptions;
  rules: MetadataRule[];
  /** What the rules say as JSON Schema, as far as it can say it. */
  ruleSchemas: JsonSchema[];
  /** What they say in words. */
  ruleWords: string[];
  declared: boolean;
}

const parts = new WeakMap<object, Map<string, MetadataRowPart>>();

/** The rows that the decorators of this very prototype made, without its parents'. */
export function metadataRowParts(prototype: object): ReadonlyMap<string, MetadataRowPart> {
  return parts.get(prototype) ?? new Map();
}

/**
 * Declares a property of a metadata class as client metadata under its own name on the wire. Beside it stand the rules:
 * ours, or any decorators of class-validator on a host's own field. Redeclaring a known field in a subclass adds to it:
 * `@MetadataField({ required: true })` makes it required and leaves its rules as they are.
 */
export function MetadataField(options: MetadataFieldOptions = {}): PropertyDecorator {
  return (prototype, property) => {
    const part = partOf(prototype, property);
    part.options = options;
    part.declared = true;
  };
}

/** Names every constraint this module registers with class-validator, so that a host's own ones can be told apart. */
export const CONSTRAINT_PREFIX = 'metadataRule:';

/**
 * Makes a decorator of a pure rule. It registers the rule twice: with class-validator, so that `validate()` gives the same verdict
 * anywhere, and in the module's own table, because class-validator drops the rules of a parent when a subclass decorates the
 * property again and ours must hold all the same.
 * @param schema refuses no value that the rule accepts
 * @param words what the rule says, for the documentation
 */
export function MetadataRuleDecorator(
  name: string,
  rule: MetadataRule,
  schema: JsonSchema,
  words: string,
): PropertyDecorator {
  return (prototype, property) => {
    const part = partOf(prototype, property);
    part.rules.push(rule);
    part.ruleSchemas.push(schema);
    part.ruleWords.push(words);
    registerDecorator({
      name: CONSTRAINT_PREFIX + name,
      target: prototype.constructor,
      propertyName: String(property),
      validator: {
        validate: (value: unknown, args) =>
          isOmitted(value) || (args !== undefined && JUDGED.has(args.object)) || rule(value).length === 0,
        defaultMessage: (args) => describe(rule, args?.value, args?.property ?? String(property)),
      },
    });
  };
}

/** Instances whose values our rules have judged already: class-validator is asked about the host's rules alone. */
export const JUDGED = new WeakSet<object>();

/** `null` and the empty string count as omitted, like a member that is not there (RFC 7592 section 2.2). */
export function isOmitted(value: unknown): value is null | undefined | '' {
  return value === undefined || value === null || value === '';
}

function partOf(prototype: object, property: string | symbol): MetadataRowPart {
  let rows = parts.get(prototype);
  if (!rows) parts.set(prototype, (rows = new Map()));
  let part = rows.get(String(property));
  if (!part)
    rows.set(String(property), (part = { options: {}, rules: [], ruleSchemas: [], ruleWords: [], declared: false }));
  return part;
}

function describe(rule: MetadataRule, value: unknown, property: string): string {
  const [first] = rule(value);
  return first ? `${property}${first.at} ${first.rule}` : `${property} is acceptable`;
}
