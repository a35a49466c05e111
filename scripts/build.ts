/*
 * Builds what is published: the library, file by file (dist/…), and the program as a few bundles (dist/program/…), since finding, reading and linking
 * hundreds of files is most of what starting costs.
 *
 *   node scripts/build.ts [FOLDER]     (not given: dist)
 */
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { thirdPartyNotices } from './third-party-notices.ts'

const checkout = path.join(import.meta.dirname, '..')

/**
 * The bundles of the program. `main` answers `--version`, and loads `program` for everything else. An import of one from another stays an import, so no
 * module is in two of those that run in one thread.
 *
 * A worker thread is one more line here: its file is started with `new Worker(new URL(`./NAME${path.extname(import.meta.url)}`, import.meta.url))`, which
 * finds NAME.ts in a checkout, NAME.js in the library and the bundle NAME.cjs beside the program. The name here is that of the file.
 */
const bundles: Readonly<Record<string, string>> = {
  main: 'src/cli/main.ts',
  program: 'src/cli/start.ts',
  'transfer-thread': 'src/copy/lanes/transfer-thread.ts',
}

/** Packages that not every command needs: each is a bundle of its own, and `content` is what is used of it. */
const packages: Readonly<Record<string, { readonly content: string }>> = {
  // its index also loads fetch, caches, mocks and web sockets: half of its time
  undici: {
    content: `
      require('undici/lib/dispatcher/dispatcher').prototype.request = require('undici/lib/api/api-request')
      exports.Agent = require('undici/lib/dispatcher/agent')
      exports.buildConnector = require('undici/lib/core/connect')
      exports.ProxyAgent = require('undici/lib/dispatcher/proxy-agent')`,
  },
  yaml: { content: "module.exports = require('yaml')" },
  picomatch: { content: "module.exports = require('picomatch')" },
  'smol-toml': { content: "module.exports = require('smol-toml')" },
}

/** Connections are HTTP/1.1 alone, and this one file has Node load its HTTP/2. */
const withoutHttp2: Plugin = {
  name: 'without HTTP/2',
  setup(esbuild) {
    esbuild.onLoad({ filter: /undici\/lib\/dispatcher\/client-h2\.js$/ }, () => ({
      contents: "module.exports = () => { throw new Error('HTTP/2 is not bundled') }",
    }))
  },
}

/**
 * Large, and only for who uses that cloud, or verifies with a trusted root; openpgp is under the LGPL, which wants it exchangeable. Loaded from
 * where npm has installed them.
 */
const external = [
  '@aws-sdk/*',
  '@azure/*',
  '@sigstore/*',
  '@smithy/*',
  'google-auth-library',
  'openpgp',
  'tuf-js',
  'tuf-js/*',
]

/** Keeps an import of what is a bundle of its own. */
const betweenBundles: Plugin = {
  name: 'between bundles',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^\.{1,2}\// }, ({ path: specifier, resolveDir, kind }) => {
      if (kind === 'entry-point') return
      const file = path.relative(checkout, path.join(resolveDir, specifier)).replaceAll(path.sep, '/')
      const name = Object.keys(bundles).find(one => bundles[one] === file)
      return name === undefined ? undefined : { path: `./${name}.cjs`, external: true }
    })
    esbuild.onResolve({ filter: /^[a-z]/ }, ({ path: name }) =>
      Object.hasOwn(packages, name) ? { path: `./${name}.cjs`, external: true } : undefined,
    )
  },
}

/** Names and lines are kept: a stack trace is to be read. */
function options(outfile: string) {
  return {
    absWorkingDir: checkout,
    outfile,
    bundle: true,
    // CommonJS: builtins and bundles are loaded when a command first needs them, and without the loader of ES modules
    format: 'cjs',
    platform: 'node',
    target: 'node22.22',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    external,
    // they stand in THIRD-PARTY.txt, with those whose files name no license
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true as const,
  } satisfies BuildOptions
}

async function buildProgram(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const own = Object.entries(bundles).map(([name, entry]) =>
    build({
      ...options(path.join(folder, `${name}.cjs`)),
      entryPoints: [entry],
      plugins: [betweenBundles],
    }),
  )
  const others = Object.entries(packages).map(([name, { content: contents }]) =>
    build({
      ...options(path.join(folder, `${name}.cjs`)),
      stdin: { contents, resolveDir: checkout },
      plugins: [withoutHttp2],
    }),
  )
  const built = await Promise.all([...own, ...others])
  const inputs = built.flatMap(({ metafile }) => Object.keys(metafile.inputs))
  await requireWorkers(inputs)
  await writeFile(path.join(folder, 'THIRD-PARTY.txt'), await thirdPartyNotices(checkout, inputs))
}

/** @throws Error where a source starts a worker that has no line among the bundles: in a checkout it would be found all the same */
async function requireWorkers(inputs: readonly string[]): Promise<void> {
  for (const file of inputs.filter(one => one.startsWith('src/'))) {
    const text = await readFile(path.join(checkout, file), 'utf8')
    if (!text.includes('new Worker(')) continue
    const name = /new URL\(`\.\/([\w-]+)\$\{path\.extname\(import\.meta\.url\)\}`/.exec(text)?.[1]
    if (name === undefined || !Object.hasOwn(bundles, name)) {
      throw new Error(`${file} starts a worker that is not bundled, or not as scripts/build.ts says`)
    }
  }
}

const target = path.resolve(process.argv[2] ?? path.join(checkout, 'dist'))
await rm(target, { recursive: true, force: true })
execFileSync(
  process.execPath,
  [path.join(checkout, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', target],
  { cwd: checkout, stdio: 'inherit' },
)
await buildProgram(path.join(target, 'program'))
