// Lays out target/site from what wasm-bindgen, wasm-opt and the style folder give. Called by dev/site:
//   node assets.mjs BINDGEN_DIR STYLE_ENTRY PUBLIC_DIR SITE_DIR TOOLS_DIR QUALITY
// Promises: file names carry the hash of their content, so that they may be cached for ever; every text file has a
// .br and a .gz beside it unless that is no smaller; prints the lines of Leptos' hash.txt. Deliberately absent: a
// bundler for scripts; wasm-bindgen's glue is the only one.
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';

const [bindgen, styleEntry, publicDir, site, tools, quality = '11'] = process.argv.slice(2);
const { bundle } = createRequire(path.join(tools, 'package.json'))('lightningcss');
const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);
const pkg = path.join(site, 'pkg');
const compressible = /\.(?:css|js|mjs|wasm|svg|json|txt|html|xml|webmanifest|ico)$/u;

async function write(file, content) {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  if (!compressible.test(file)) return;
  const options = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: Number(quality), [zlib.constants.BROTLI_PARAM_SIZE_HINT]: content.length } };
  for (const [ending, compressed] of [['br', await brotli(content, options)], ['gz', await gzip(content, { level: 9 })]]) {
    if (compressed.length < content.length) await writeFile(`${file}.${ending}`, compressed);
  }
}

async function hashed(kind, content) {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  await write(path.join(pkg, `vigie.${hash}.${kind}`), content);
  return `${kind}: ${hash}`;
}

async function copy(from, to) {
  for (const entry of await readdir(from, { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile()) await write(path.join(to, path.relative(from, file)), await readFile(file));
  }
}

const style = existsSync(styleEntry) ? Buffer.from(bundle({ filename: styleEntry, minify: true }).code) : Buffer.from('');
const lines = await Promise.all([
  hashed('js', await readFile(path.join(bindgen, 'vigie.js'))),
  hashed('wasm', await readFile(path.join(bindgen, 'vigie.wasm'))),
  hashed('css', style),
]);
if (existsSync(publicDir)) await copy(publicDir, site);
if (existsSync(path.join(bindgen, 'snippets'))) await cp(path.join(bindgen, 'snippets'), path.join(pkg, 'snippets'), { recursive: true });
console.log(lines.join('\n'));
