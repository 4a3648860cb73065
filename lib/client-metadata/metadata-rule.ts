/** One way in which a value breaks a rule. */
export interface Violation {
  /** Where inside the member: empty for the member itself, else e.g. `[2]` or `.keys[0].d`. */
  readonly at: string;
  /** The rule in words that follow the name of the member, e.g. `must not contain a fragment`. ASCII without `"` and `\`; never a value. */
  readonly rule: string;
}

/**
 * A pure rule of one metadata member: what it says about a value that is present.
 * @returns every violation, in the order of the value; none means that the value is acceptable
 */
export type MetadataRule = (value: unknown) => readonly Violation[];

/** No violation: one shared value, since almost every check ends here. */
export const NONE: readonly never[] = Object.freeze([]);

/** One violation of the whole member. */
export function violation(rule: string, at = ''): readonly Violation[] {
  return [{ at, rule }];
}
