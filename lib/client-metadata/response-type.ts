import { unique } from './text.rules.js';

/** The words of a response type are a set, in alphabetical order here (OAuth 2.0 Multiple Response Types section 3). */
export function responseTypeInOrder(type: string): string {
  if (!type.includes(' ')) return type;
  return unique(type.split(' ').filter(Boolean)).toSorted().join(' ');
}

/** Whether the authorization endpoint itself answers with this: `code`, `token` or `id_token`. */
export function isReturned(word: string, responseTypes: readonly string[] = []): boolean {
  return responseTypes.some((type) => type === word || type.split(' ').includes(word));
}
