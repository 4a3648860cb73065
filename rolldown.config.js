// What is published for `import`: what the compiler made, in few files. Node.js takes a while for each module that it imports, and an application
// would start a quarter of a second later for all of ours.
import { rm } from 'node:fs/promises';
import { defineConfig } from 'rolldown';
import manifest from './package.json' with { type: 'json' };

const COMPILED = 'dist/compiled';
const PUBLISHED = 'dist/esm';

/** The files that package.json names. */
const published = [...Object.values(manifest.exports).map((entry) => entry.import?.default), manifest.bin.dcr];
const entries = published.flatMap((file) =>
  file ? [file.replace(/^(\.\/)?dist\/esm\//, '').replace(/\.js$/, '')] : [],
);

export default defineConfig({
  input: Object.fromEntries(entries.map((name) => [name, `${COMPILED}/${name}.js`])),
  // Everything that is installed stays what it is.
  external: /^[^./]/,
  platform: 'node',
  // Decorators are for their effects.
  treeshake: false,
  output: { dir: PUBLISHED, chunkFileNames: 'chunks/[name].js' },
  plugins: [
    { name: 'chunks of before', buildStart: () => rm(`${PUBLISHED}/chunks`, { recursive: true, force: true }) },
  ],
});
