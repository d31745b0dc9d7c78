// Bundles GraphiQL with what is ours into files that this server serves by itself: node build.mjs FOLDER
import { build } from 'esbuild';
import { readdir, readFile, rename, rm, mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const here = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const target = resolve(process.argv[2]);
const folder = `${target}.new`;
const ASSETS = '/graphiql/assets';
const PAGE = 'page/main.jsx';
const WORKERS = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
};
const PACKED = /\.(js|css)$/;

const shared = {
  absWorkingDir: here,
  bundle: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  entryNames: '[name]-[hash]',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  minify: true,
  outdir: folder,
  publicPath: ASSETS,
  target: ['chrome109', 'firefox115', 'safari16.4'],
};

/** Tabs of our own stand in for those of @graphiql/react, which nest buttons in tabs and bring an animation library. */
const ownTabs = {
  name: 'own-tabs',
  setup(build) {
    build.onResolve({ filter: /\/tabs\/index\.js$/ }, ({ importer }) =>
      importer.includes('@graphiql') ? { path: join(here, 'page', 'tabs.jsx') } : undefined,
    );
  },
};

/** Return the name that each entry was given, by its own name without the hash. */
function named({ metafile: { outputs } }) {
  const entries = Object.entries(outputs).filter(([, output]) => output.entryPoint);
  return Object.fromEntries(entries.map(([file]) => [basename(file).replace(/-[A-Z0-9]{8}\./, '.'), basename(file)]));
}

/** Return the style sheet of the page. Those of parts that come later are in it: esbuild never loads them by themselves. */
function styleOf({ metafile: { outputs } }) {
  return basename(Object.values(outputs).find(({ entryPoint }) => entryPoint === PAGE).cssBundle);
}

/** Return the licences of all that is in the bundles: they ask to go where the code goes. */
async function licences(...results) {
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const packages = new Set(inputs.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(Boolean));
  const texts = [...packages].sort().map(async (folder) => {
    const found = (await readdir(join(here, folder))).filter((name) => /^(licen[cs]e|notice|thirdpartynotices)/i.test(name));
    const parts = await Promise.all(found.sort().map((name) => readFile(join(here, folder, name), 'utf8')));
    const { license } = JSON.parse(await readFile(join(here, folder, 'package.json'), 'utf8'));
    return [`==== ${folder.replace(/^.*node_modules\//, '')} (${license})`, ...parts].join('\n\n');
  });
  return (await Promise.all(texts)).join('\n\n');
}

async function pack(name) {
  const bytes = await readFile(join(folder, name));
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  await writeFile(join(folder, `${name}.br`), await promisify(brotliCompress)(bytes, quality));
  await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(bytes, { level: 9 }));
}

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const threads = await build({ ...shared, entryPoints: WORKERS, format: 'iife' });
const workers = named(threads);
const urls = Object.fromEntries(Object.keys(WORKERS).map((kind) => [kind, `${ASSETS}/${workers[`${kind}.js`]}`]));
const page = await build({
  ...shared,
  assetNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  define: { ...shared.define, WORKERS: JSON.stringify(urls) },
  entryPoints: { workbench: PAGE },
  format: 'esm',
  jsx: 'automatic',
  loader: { '.ttf': 'file' },
  plugins: [ownTabs],
  splitting: true,
});
const style = styleOf(page);
const unused = (await readdir(folder)).filter((name) => name.endsWith('.css') && name !== style);
await Promise.all(unused.map((name) => rm(join(folder, name))));
await Promise.all((await readdir(folder)).filter((name) => PACKED.test(name)).map(pack));
const manifest = { script: named(page)['workbench.js'], style };
await writeFile(join(folder, 'licences.txt'), await licences(threads, page));
await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest, null, 1));
await rm(target, { recursive: true, force: true });
await rename(folder, target);
