const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;
/** A century: more is a slip of the finger, and in the end no date. */
const LONGEST = 36_525 * SECONDS.d;

/**
 * Reads a duration such as `30s`, `15m`, `1h`, `7d`, or `0` for no end.
 * @returns seconds
 * @throws RangeError for anything else
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  const [, amount, unit] = /^([1-9]\d{0,14})([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * SECONDS[isUnit(unit) ? unit : 's'];
  if (Number.isNaN(seconds))
    throw new RangeError('a duration is a number with s, m, h or d, such as 1h; 0 means no end');
  if (seconds > LONGEST) throw new RangeError('a duration is at most 36525d; 0 means no end');
  return seconds;
}

function isUnit(text: string | undefined): text is keyof typeof SECONDS {
  return text !== undefined && text in SECONDS;
}
