import unhomoglyph from 'unhomoglyph';

/** How names are compared: the whole name, or a run of whole words in it. */
export type NameMatch = 'words' | 'name';

/** What a name is reduced to: names that read alike have one of these in common. Empty for a name without letters and digits. */
export function foldedNames(name: string): ReadonlySet<string> {
  return new Set(
    readings(name)
      .map((parts) => parts.join(''))
      .filter((folded) => folded !== ''),
  );
}

/**
 * Whether a name reads like one of those reserved, or has one of them in it.
 * @param reserved as {@link foldedNames} has made them
 */
export function hasName(name: string, reserved: ReadonlySet<string>, match: NameMatch): boolean {
  if (match === 'name') return [...foldedNames(name)].some((folded) => reserved.has(folded));
  const longest = Math.max(...[...reserved].map(({ length }) => length));
  return readings(name).some((parts) => parts.some((_, start) => beginsWithName(parts, start, reserved, longest)));
}

/** Words may be torn apart: any number of parts in a row can be the name. */
function beginsWithName(
  parts: readonly string[],
  start: number,
  reserved: ReadonlySet<string>,
  longest: number,
): boolean {
  let run = '';
  for (let i = start; i < parts.length && run.length <= longest; i++) {
    run += parts[i] ?? '';
    if (reserved.has(run)) return true;
  }
  return false;
}

/**
 * The folded parts of a name in each way in which it can be read: as it is, and in either letter case, since only the small or only the capital
 * letter may look like another one; symbols as the letters they look like (`C|aude`), and as none.
 */
function readings(name: string): string[][] {
  const parts = partsOf(name);
  const cases = [(part: string) => part, (part: string) => part.toLowerCase(), (part: string) => part.toUpperCase()];
  const choices = [parts, parts.filter((part) => LETTER_OR_DIGIT.test(part))];
  return choices.flatMap((chosen) =>
    cases.map((inCase) => chosen.map((part) => folded(inCase(part))).filter((part) => part !== '')),
  );
}

/** Cut wherever a new word may begin: between letters, digits and others, at a capital, and around characters of scripts without spaces. */
function partsOf(name: string): string[] {
  const letters = name.normalize('NFD').replace(ENCLOSED, plainLetter).replace(IGNORED, '');
  return letters.match(PART) ?? [];
}

/** Characters that look alike become one: twice, as a small letter may look like another one than its capital. */
function folded(part: string): string {
  return lookAlike(lookAlike(part)).replaceAll('i', 'l');
}

function lookAlike(part: string): string {
  const skeleton = unhomoglyph(part).normalize('NFKD').replace(OTHER, '');
  return skeleton
    .replace(SMALL_CAPITAL, (letter) => THEIR_LETTERS.charAt(SMALL_CAPITALS.indexOf(letter)))
    .toLowerCase();
}

/** The letter of a symbol that Unicode does not decompose: in a disc or a square, or half of a flag. */
function plainLetter(symbol: string): string {
  const code = symbol.codePointAt(0) ?? 0;
  const first = FIRST_ENCLOSED.findLast((one) => one <= code) ?? code;
  return String.fromCodePoint(0x41 + code - first);
}

/** Where `A` is among the negative circled, the negative squared and the regional indicator letters. */
const FIRST_ENCLOSED = [0x1f150, 0x1f170, 0x1f1e6];
const ENCLOSED = /[\u{1F150}-\u{1F169}\u{1F170}-\u{1F189}\u{1F1E6}-\u{1F1FF}]/gu;

/** What is not seen, and what stands on, in or under a letter. */
const IGNORED = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{M}]/gu;
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;
const OTHER = /[^\p{L}\p{N}]/gu;

const UNSPACED =
  '[\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}]';
const SMALL = `[\\p{L}--\\p{Lu}--${UNSPACED}]`;

/** A word that may begin with a capital, capitals, digits, or one other character. */
const PART = new RegExp(`\\p{Lu}?${SMALL}+|\\p{Lu}+(?!${SMALL})|\\p{N}+|\\S`, 'gv');

/** Small capitals, which the confusables of Unicode keep apart from the letters that they have the shape of. */
const SMALL_CAPITALS = 'ᴀʙᴅᴇꞓꜰɢʜᴊᴋĸʟᴍʍɴᴘꞯʀᴛʏ';
const THEIR_LETTERS = 'abdeefghjkklmmnpqrty';
const SMALL_CAPITAL = new RegExp(`[${SMALL_CAPITALS}]`, 'gu');
