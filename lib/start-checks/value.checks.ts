import { HOST_PATTERN_RULE, isHostPattern } from '../client-id-metadata-document/host-pattern.rules.js';
import { didYouMean, nearestName } from './nearest-name.js';

/** What an option may be: the words for a wrong value, which begin with the option's name, or undefined for a right one. */
export interface Check {
  (value: unknown, name: string): string | undefined;
  /** The names an object may have. */
  readonly members?: readonly string[];
}

/** A value that passes the test. */
export function must(test: (value: unknown) => boolean, words: string): Check {
  return (value, name) => (test(value) ? undefined : `"${name}" ${words}`);
}

export const flag = must((value) => typeof value === 'boolean', 'must be true or false');

export const count = must((value) => Number.isSafeInteger(value) && Number(value) > 0, 'must be a positive integer');

export const seconds = must(
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  'must be a whole number of seconds, 0 for never',
);

export const wholeNumber = must(
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  'must be a whole number, 0 for any',
);

export const words = must(
  (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string' && entry !== ''),
  'must be a list of strings',
);

/** One of a few words. */
export function word(...allowed: string[]): Check {
  const rule = `must be ${allowed.join(' or ')}`;
  return (value, name) =>
    allowed.includes(value as string) ? undefined : `"${name}" ${rule}${didYouMean(value, allowed)}`;
}

/** A list of words, each of which is one of those known or passes a test. */
export function knownWords(what: string, known: readonly string[], isOther: (word: string) => boolean): Check {
  return (value, name) => {
    const wrong = words(value, name);
    if (wrong !== undefined) return wrong;
    const unknown = (value as string[]).find((one) => !known.includes(one) && !isOther(one));
    if (unknown === undefined) return undefined;
    const way = didYouMean(unknown, known) || `. ${what} ${known.join(', ')}`;
    return `"${name}" contains ${unknown}, which is not available${way}`;
  };
}

/** A list with something in it. */
export function some(list: Check): Check {
  return (value, name) =>
    list(value, name) ?? ((value as unknown[]).length > 0 ? undefined : `"${name}" must not be empty`);
}

/** A list whose every entry is right. */
export function listOf(entry: Check, rule: string): Check {
  return (value, name) => {
    if (!Array.isArray(value)) return `"${name}" ${rule}`;
    // By index: a hole in the list is a mistake too.
    for (let i = 0; i < value.length; i++) {
      const wrong = entry(value[i], `${name}[${i}]`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** Hosts as a URL has them: lower-cased ASCII, and `*.` for every name below one. */
export const hosts = some(
  listOf(must(isHostPattern, HOST_PATTERN_RULE), `must be a list: entries ${HOST_PATTERN_RULE}`),
);

/** An object of these members alone, each of which may be left out. */
export function members(checks: Readonly<Record<string, Check>>, rule = 'must be an object'): Check {
  const names = Object.keys(checks);
  const check: Check = (value, name) => {
    if (!isObject(value)) return `"${name}" ${rule}`;
    for (const [key, member] of Object.entries(value)) {
      const memberName = `${name}.${key}`;
      const memberCheck = Object.hasOwn(checks, key) ? checks[key] : undefined;
      if (!memberCheck) return `"${memberName}" is no option${unknownMember(name, key, names)}`;
      const wrong = member === undefined ? undefined : memberCheck(member, memberName);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
  return Object.assign(check, { members: names });
}

/** `true` or `false` in place of the object. */
export function orBoolean(check: Check): Check {
  const either: Check = (value, name) => (typeof value === 'boolean' ? undefined : check(value, name));
  return Object.assign(either, { members: check.members });
}

/** An object, and neither a list nor `null`. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknownMember(name: string, key: string, names: readonly string[]): string {
  const nearest = nearestName(key, names);
  return nearest === undefined ? `. The options are ${names.join(', ')}` : `, did you mean "${name}.${nearest}"?`;
}
