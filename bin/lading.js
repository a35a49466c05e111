#!/usr/bin/env node
/*
 * Old syntax and no imports until the check below has passed: an older Node must come as far as the message.
 */
var needed = '^22.22.2 || ^24.15 || >=26'
var have = process.versions.node.split('.').map(Number)

function atLeast(minor, patch) {
  return have[1] > minor || (have[1] === minor && have[2] >= patch)
}

if (!(have[0] >= 26 || (have[0] === 24 && atLeast(15, 0)) || (have[0] === 22 && atLeast(22, 2)))) {
  console.error(
    'lading: needs Node.js ' +
      needed +
      ', and this is ' +
      process.version +
      '; in a checkout, `npx lading` brings its own after `npm ci`',
  )
  process.exit(64)
}

var nodeModule = process.getBuiltinModule('node:module')
nodeModule.enableCompileCache()
start().catch(error => {
  console.error(error)
  process.exit(1)
})

// An installed package runs its bundles, which are required: loading them as ES modules takes longer. A checkout runs its sources.
async function start() {
  const source = new URL('../src/cli/main.ts', import.meta.url)
  const isCheckout = process.getBuiltinModule('node:fs').existsSync(source)
  const { main } = isCheckout
    ? await import(source.href)
    : nodeModule.createRequire(import.meta.url)('../dist/program/main.cjs')
  await main()
}
