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

var fs = process.getBuiltinModule('node:fs')
var nodeModule = process.getBuiltinModule('node:module')
keepCompiledCode()
start().catch(error => {
  console.error(error)
  process.exit(1)
})

// An installed package runs its bundles, which are required: loading them as ES modules takes longer. A checkout runs its sources.
async function start() {
  const source = new URL('../src/cli/main.ts', import.meta.url)
  const { main } = fs.existsSync(source)
    ? await import(source.href)
    : nodeModule.createRequire(import.meta.url)('../dist/program/main.cjs')
  await main()
}

// Code that V8 has compiled is kept for the next start: in the user's own cache folder, and not where Node keeps it unless told. Who is first
// to write to a shared temporary folder could have others run what they put there.
function keepCompiledCode() {
  var path = process.getBuiltinModule('node:path')
  var caches = process.env.XDG_CACHE_HOME
  var local = process.env.LOCALAPPDATA
  if (!caches || !path.isAbsolute(caches)) {
    // as src/stores/cache-folder.ts has it, beside its own folder
    if (process.platform === 'win32' && local && path.isAbsolute(local)) caches = local
    else if (process.platform === 'darwin') caches = path.join(home(), 'Library', 'Caches')
    else caches = path.join(home(), '.cache')
  }
  // a home that is empty, or relative, would put it wherever this is called
  if (!path.isAbsolute(caches)) return
  var lading = path.join(caches, 'lading')
  var compiled = path.join(lading, 'compiled')
  // One by one, and without them all of it works, more slowly: Node never returns where it cannot make a folder below /proc with its parents.
  for (var folder of fs.existsSync(compiled) ? [] : [caches, lading, compiled]) {
    try {
      fs.mkdirSync(folder, { mode: 0o700 })
    } catch {}
  }
  if (fs.existsSync(compiled)) nodeModule.enableCompileCache(compiled)
}

// A container may run as a user that the system does not know.
function home() {
  try {
    return (process.platform !== 'win32' && process.env.HOME) || process.getBuiltinModule('node:os').homedir()
  } catch {
    return ''
  }
}
