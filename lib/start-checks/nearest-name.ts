import { distance } from 'fastest-levenshtein';

/** How far a slip of the finger goes, in characters; a short name has room for one only. */
const FARTHEST = 2;

/**
 * The known name that a misspelt one was meant to be. Letter case, separators and the plural do not count.
 * @returns undefined when none is near
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const meant = plain(name);
  let nearest: { readonly name: string; readonly far: number } | undefined;
  for (const one of known) {
    const candidate = plain(one);
    const far = distance(meant, candidate);
    const limit = Math.min(FARTHEST, Math.max(1, Math.floor(Math.max(meant.length, candidate.length) / 3)));
    if (far <= limit && far < (nearest?.far ?? Number.POSITIVE_INFINITY)) nearest = { name: one, far };
  }
  return nearest?.name;
}

/** What a message about a wrong name ends with: the name that was meant, else nothing. */
export function didYouMean(name: unknown, known: readonly string[]): string {
  const nearest = typeof name === 'string' ? nearestName(name, known) : undefined;
  return nearest === undefined ? '' : `, did you mean "${nearest}"?`;
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .replace(/ies$/, 'y')
    .replace(/s$/, '');
}
