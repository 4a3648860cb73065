// Tables of Markdown and numbers in them.

/** @param rows cells as text; the first row is the head, and all columns but the first are numbers */
export function table([head, ...rows]) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

export const NOT_MEASURED = '–';

export function integer(value) {
  return value === undefined ? NOT_MEASURED : Math.round(value).toLocaleString('en-US');
}

export function ratio(value) {
  return value === undefined ? NOT_MEASURED : value.toFixed(2);
}

export function mebibytes(bytes) {
  return bytes === undefined ? NOT_MEASURED : (bytes / 2 ** 20).toFixed(1);
}
