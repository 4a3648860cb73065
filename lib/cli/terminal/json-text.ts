/**
 * A value as JSON in which nothing steers a terminal and only a line feed ends a line: JSON itself escapes no control characters above U+001F.
 * @param indent spaces per level; 0 for a single line
 */
export function jsonText(value: unknown, indent: 0 | 2): string {
  const text = JSON.stringify(value, null, indent);
  return `${text.replaceAll(/[\p{C}\u2028\u2029]/gu, (found) => (found === '\n' ? found : escaped(found)))}\n`;
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, i) => {
    const unit = character.charCodeAt(i).toString(16).padStart(4, '0');
    return `\\u${unit}`;
  }).join('');
}
