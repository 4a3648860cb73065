// What is published for `import`: what the compiler made, in few files. Node.js takes a while for each module that it imports, and an application
// would start a quarter of a second later for all of ours.
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';
import { defineConfig } from 'rolldown';

const COMPILED = 'dist/compiled';
const PUBLISHED = 'dist/esm';

const { exports, bin } = JSON.parse(await readFile('package.json', 'utf8'));

/** The files that package.json names. */
const entries = [...Object.values(exports).map((entry) => entry.import?.default), bin.dcr]
  .filter((file) => file !== undefined)
  .map((file) => posix.relative(PUBLISHED, file).replace(/\.js$/, ''));

/** What a build before has left: types have names of their own. */
const withoutOthers = {
  name: 'without others',
  async writeBundle(_options, written) {
    for (const file of await readdir(PUBLISHED, { recursive: true })) {
      if (file.endsWith('.js') && !Object.hasOwn(written, file.replaceAll(sep, '/'))) await rm(join(PUBLISHED, file));
    }
  },
};

export default defineConfig({
  input: Object.fromEntries(entries.map((name) => [name, `${COMPILED}/${name}.js`])),
  // Everything that is installed stays what it is.
  external: /^[^./]/,
  platform: 'node',
  // Decorators are for their effects.
  treeshake: false,
  output: {
    dir: PUBLISHED,
    chunkFileNames: 'chunks/[name].js',
    // Commands are imported when they run, and import this: the executable must not be imported by anything.
    codeSplitting: { groups: [{ name: 'program', test: /[\\/]cli[\\/]program\.js$/ }] },
  },
  plugins: [withoutOthers],
});
