import { existsSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { EXTRAS } from '../../lib/dynamic-registration.options.js';
import { OPTION_NAMES } from '../../lib/start-checks/options.check.js';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const page = read('docs/threat-model.md');
const HEADING = ['Known from', 'Asset', 'Attacker', 'Default', 'Option that weakens it', 'Test'];

const lines = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| --'));
const cells = lines.map((line) =>
  line
    .slice(2, -2)
    .split(' | ')
    .map((cell) => cell.trim()),
);
const rows = cells
  .filter(([first]) => first !== HEADING[0])
  .map(([knownFrom = '', , attackers = '', , weakenedBy = '', tests = '']) => ({
    ids: knownFrom.split(', '),
    attackers: attackers.split(', '),
    options: [...weakenedBy.matchAll(/`([a-zA-Z]+)(?:\.([a-zA-Z]+))?(?:: [^`]+)?`/g)].map(([, name = '', member]) => ({
      name,
      member,
    })),
    tests: [...tests.matchAll(/`(test\/[^`"]+): "([^`]+)"`/g)].map(([, file = '', title = '']) => ({ file, title })),
  }));

const tests = [...new Map(rows.flatMap((row) => row.tests).map((test) => [JSON.stringify(test), test])).values()];

const titles = new Map([...new Set(tests.map(({ file }) => file))].map((file) => [file, titlesOf(file)]));

/** The titles of all tests of a file, and of the groups they are in, as they are written. */
function titlesOf(file: string): string[] {
  const found: string[] = [];
  if (!existsSync(new URL(file, root))) return found;
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ['it', 'describe'].includes(calledName(node.expression))) {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title)) found.push(title.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest));
  return found;
}

/** `it` of `it(...)`, `it.skipIf(...)(...)` and `it.each(...)(...)`. */
function calledName(called: ts.Expression): string {
  if (ts.isIdentifier(called)) return called.text;
  if (ts.isCallExpression(called) || ts.isPropertyAccessExpression(called)) return calledName(called.expression);
  return '';
}

describe('docs/threat-model.md', () => {
  it('has rows of six cells, and none without a test', () => {
    expect(rows.length).toBeGreaterThan(45);
    for (const row of cells) expect(row).toHaveLength(HEADING.length);
    expect(rows.filter((row) => row.tests.length === 0)).toEqual([]);
  });

  it('has no incident twice', () => {
    const ids = rows.flatMap((row) => row.ids);
    expect(ids).not.toContain('');
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });

  it('names attackers it has told of, and each of them', () => {
    const [, list = ''] = /^## Attackers\n(.*?)^## /ms.exec(page) ?? [];
    const told = [...list.matchAll(/^- \*\*([^*]+)\*\*: /gm)].map(([, name = '']) => name);
    const named = new Set(rows.flatMap((row) => row.attackers));
    expect([...named].filter((name) => !told.includes(name))).toEqual([]);
    expect(told.filter((name) => !named.has(name))).toEqual([]);
  });

  it('names options that exist, with members that README.md knows', () => {
    const known = new Set([...OPTION_NAMES, ...Object.keys(EXTRAS)]);
    const readme = read('README.md').split('\n');
    const described = (name: string, member: string) =>
      readme.some((line) => line.startsWith(`| \`${name}\` `) && line.includes(member)) ||
      (name === 'server' && readme.some((line) => line.startsWith(`| \`${member}\` `)));
    const options = rows
      .flatMap((row) => row.options)
      .filter(({ name, member }) => member !== undefined || known.has(name));
    expect(options.length).toBeGreaterThan(20);
    expect(options.filter(({ name, member }) => !known.has(name) || (member && !described(name, member)))).toEqual([]);
  });

  it.each(tests)('stands once in $file: $title', ({ file, title }) => {
    expect(titles.get(file)?.filter((one) => one === title)).toEqual([title]);
  });

  it.each(['README.md', 'SECURITY.md'])('is linked from %s', (file) => {
    expect(read(file).includes('](docs/threat-model.md)')).toBe(true);
  });
});
