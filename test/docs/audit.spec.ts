import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

it('docs/audit.md shows the listener as it is run', () => {
  const page = readFileSync(`${root}docs/audit.md`, 'utf8');
  const [, path = '', text] = /^```ts\n\/\/ (sample\/\S+)\n(.*?)^```$/ms.exec(page) ?? [];
  expect(text).toBe(readFileSync(root + path, 'utf8'));
});
