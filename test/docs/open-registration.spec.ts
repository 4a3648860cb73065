import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}docs/open-registration.md`, 'utf8');
const blocks = [...page.matchAll(/^```ts\n\/\/ (sample\/\S+)\n(.*?)^```$/gms)].map(([, path = '', text = '']) => ({
  path,
  text,
}));

describe('docs/open-registration.md', () => {
  it('shows the whole sample', () => {
    const files = readdirSync(`${root}sample/rate-limit`).filter((name) => name.endsWith('.ts'));
    expect(blocks.map(({ path }) => path).toSorted()).toEqual(
      files.map((name) => `sample/rate-limit/${name}`).toSorted(),
    );
  });

  it.each(blocks)('shows $path as it is run', ({ path, text }) => {
    expect(text).toBe(readFileSync(root + path, 'utf8'));
  });

  it('shows the override as it stands in package.json', () => {
    const [, json = ''] = /^```json\n(\{\n {2}"overrides".*?)^```$/ms.exec(page) ?? [];
    const { overrides } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { overrides: unknown };
    expect(JSON.parse(json)).toEqual({ overrides });
  });
});
