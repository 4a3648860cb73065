/** Everything on one line, so that a message is one line whatever is in it. */
export function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*[\r\n]+\s*/g, ' ');
}

/** Hides the passwords of URLs and of `password=` in a text. */
export function maskPasswords(text: string): string {
  return (
    text
      // Up to the last @ of the word: a password that is not percent-encoded may have one itself.
      .replaceAll(/(:\/\/[^\s/:@]*):\S*@/g, '$1:***@')
      .replaceAll(/(passw(?:or)?d=)[^\s&'"]+/gi, '$1***')
  );
}

/** Shows control characters as escapes: text from a database must not steer a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}

/** Quotes a word for a shell, where it needs it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
