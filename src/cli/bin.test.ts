import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, mkdtempDisposable, readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../test/services/temporary-folder.ts'
import { buildImage } from '../testing/build-image.ts'
import { writeLayout } from '../testing/write-layout.ts'
import { version } from '../version.ts'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const bin = fileURLToPath(new URL('bin/lading.js', root))
const manifest: { version: string; engines: { node: string } } = JSON.parse(
  await readFile(new URL('package.json', root), 'utf8'),
)

const systemNode = '/usr/bin/node'
const systemVersion = existsSync(systemNode) ? (await run(systemNode, ['--version'])).stdout.trim() : undefined
const isOld = systemVersion !== undefined && Number(/\d+/.exec(systemVersion)) < 22

/** Runs `bin/lading.js` where `process.versions.node` says something else. */
function runUnder(pretended: string) {
  const pretend =
    `Object.defineProperty(process.versions, 'node', { value: '${pretended}' });` +
    `Object.defineProperty(process, 'version', { value: 'v${pretended}' })`
  return run(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, bin, '--version'])
}

describe('bin/lading.js', () => {
  test('tells its version, which is that of package.json', async () => {
    expect(version).toBe(manifest.version)
    expect(await run(process.execPath, [bin, '--version'])).toEqual({ stdout: `lading ${version}\n`, stderr: '' })
  })

  test.skipIf(process.platform !== 'linux')('says that its output cannot be written', async () => {
    await expect(
      run('sh', ['-c', 'exec "$@" > /dev/full', 'sh', process.execPath, bin, '--version']),
    ).rejects.toMatchObject({
      code: 6,
      stderr:
        'lading: write standard output (local): no space left on the device\n  hint: make room there and do it again: what is finished is kept\n',
    })
  })

  test.each(['22.22.2', '22.23.0', '24.15.0', '24.21.0', '26.0.0', '27.1.0'])('runs under Node %s', async node => {
    expect((await runUnder(node)).stdout).toBe(`lading ${version}\n`)
  })

  test.each([
    '12.22.9',
    '18.20.8',
    '20.20.2',
    '22.22.1',
    '22.9.9',
    '23.11.0',
    '24.14.9',
    '25.9.0',
  ])('says in one line what it needs under Node %s', async node => {
    const line = `lading: needs Node.js ${manifest.engines.node}, and this is v${node}; in a checkout, \`npx lading\` brings its own after \`npm ci\`\n`
    await expect(runUnder(node)).rejects.toMatchObject({ code: 64, stdout: '', stderr: line })
  })

  test.skipIf(!isOld)("says so under the system's own Node, if that is old", async () => {
    await expect(run(systemNode, [bin, '--version'])).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringMatching(new RegExp(`^lading: needs Node\\.js .* and this is ${systemVersion};.*\n$`)),
    })
  })
})

describe('compiled code', () => {
  const versionWith = async (env: NodeJS.ProcessEnv) =>
    (await run(process.execPath, [bin, '--version'], { env: { PATH: process.env.PATH, ...env } })).stdout

  test("is kept in the user's cache folder, for the user alone", async () => {
    const home = await mkdtemp(path.join(temporaryFolder(), 'home-'))
    expect(await versionWith({ HOME: home })).toBe(`lading ${version}\n`)
    const compiled = path.join(home, '.cache/lading/compiled')
    expect(await readdir(compiled)).toHaveLength(1)
    expect((await stat(path.join(home, '.cache'))).mode & 0o777).toBe(0o700)
    await versionWith({ HOME: home, XDG_CACHE_HOME: path.join(home, 'other') })
    expect(await readdir(path.join(home, 'other/lading/compiled'))).toHaveLength(1)
  })

  test.each(['/nowhere/at/all', '/dev/null', '/proc/nowhere'])('is not kept where the home is %s', async home => {
    expect(await versionWith({ HOME: home })).toBe(`lading ${version}\n`)
    expect(existsSync('/nowhere')).toBe(false)
  })

  test.skipIf(process.getuid?.() !== 0)('is not kept for a user that the system does not know', async () => {
    const options = { uid: 4_000_000, gid: 4_000_000, env: { PATH: process.env.PATH } }
    expect((await run(process.execPath, [bin, '--version'], options)).stdout).toBe(`lading ${version}\n`)
  })
})

test.each(['', 'home'])('a home that is no whole path (%j) is not written to', async home => {
  const cwd = await mkdtemp(path.join(temporaryFolder(), 'working-'))
  await run(process.execPath, [bin, '--version'], { cwd, env: { PATH: process.env.PATH, HOME: home } })
  expect(await readdir(cwd)).toEqual([])
})

test.skipIf(process.getuid?.() !== 0)('a user that the system does not know copies and asks as any other', async () => {
  // not below the temporary folder of a test's run, which is for its own user
  await using made = await mkdtempDisposable('/dev/shm/lading-')
  const folder = made.path
  await writeLayout(path.join(folder, 'from'), { v1: buildImage() })
  await mkdir(path.join(folder, 'mine'))
  await chown(path.join(folder, 'mine'), 4_000_000, 4_000_000)
  await chmod(folder, 0o755)
  const lading = (...argv: string[]) =>
    run(process.execPath, [bin, ...argv], {
      uid: 4_000_000,
      gid: 4_000_000,
      env: { PATH: process.env.PATH, TMPDIR: '/tmp' },
    })
  await lading('copy', `oci:${folder}/from:v1`, `oci:${folder}/mine/to:v1`)
  await expect(lading('inspect', 'docker://127.0.0.1:1/app:v1')).rejects.toMatchObject({
    stderr: expect.stringContaining('127.0.0.1:1 refuses connections'),
  })
})

describe('what is loaded', () => {
  /** Every module that a command line loads, by its path in the checkout. */
  async function loadedBy(...argv: string[]): Promise<string[]> {
    const record = `
      import { registerHooks } from 'node:module'
      import { writeSync } from 'node:fs'
      registerHooks({ load(url, context, next) { writeSync(2, url + '\\n'); return next(url, context) } })`
    const hook = `data:text/javascript,${encodeURIComponent(record)}`
    const { stderr } = await run(process.execPath, ['--import', hook, bin, ...argv])
    return stderr
      .split('\n')
      .filter(url => url.startsWith(root.href))
      .map(url => url.slice(root.href.length))
  }

  test('for --version, four files', async () => {
    expect(await loadedBy('--version')).toEqual([
      'bin/lading.js',
      'src/cli/main.ts',
      'src/version.ts',
      'src/cli/dialects/dialect-name.ts',
    ])
  })

  test("for another tool's version, its table alone", async () => {
    const loaded = await loadedBy('skopeo', '--version')
    expect(loaded).toContain('src/cli/dialects/skopeo.ts')
    expect(
      loaded.filter(file => /dialects\/(s3lo|skopeo\/copy|go-template)|cli\/commands|commander|src\/copy\//.test(file)),
    ).toEqual([])
  })

  test('for help, the parser and nothing that moves bytes', async () => {
    const loaded = await loadedBy('copy', '--help')
    const packages = loaded.filter(path => path.startsWith('node_modules/')).map(path => path.split('/')[1])
    expect([...new Set(packages)]).toEqual(['commander'])
    const folders = loaded.filter(path => path.startsWith('src/')).map(path => path.split('/')[1])
    expect([...new Set(folders)].sort()).toEqual(['cli', 'errors', 'model', 'version.ts'])
  })
})
