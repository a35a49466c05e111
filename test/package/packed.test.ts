import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildImage } from '../../src/testing/build-image.ts'
import { startFakeRegistry } from '../../src/testing/fake-registry.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { newFolder } from '../e2e/lading.ts'
import { checkout } from '../structure/source-files.ts'

const execute = promisify(execFile)
const run = async (cwd: string, ...args: string[]) => (await execute(process.execPath, args, { cwd })).stdout

const unbundled = /^@aws-sdk\/|^@azure\/|^@smithy\/|^google-auth-library$|^@sigstore\/|^openpgp$|^tuf-js$/

/** A project that has lading installed as npm would: what `files` names, built, beside its dependencies. */
async function installed(): Promise<string> {
  const project = await newFolder()
  const modules = path.join(project, 'node_modules')
  const target = path.join(modules, 'lading')
  await mkdir(target, { recursive: true })
  const manifest = JSON.parse(await readFile(path.join(checkout, 'package.json'), 'utf8'))
  await run(checkout, 'scripts/build.ts', path.join(target, 'dist'))
  for (const name of ['package.json', ...manifest.files.filter((file: string) => file !== 'dist')]) {
    await cp(path.join(checkout, name), path.join(target, name), { recursive: true })
  }
  for (const name of Object.keys(manifest.dependencies).filter(one => !unbundled.test(one))) {
    await mkdir(path.dirname(path.join(modules, name)), { recursive: true })
    await symlink(path.join(checkout, 'node_modules', name), path.join(modules, name))
  }
  return project
}

describe('the package as it is installed', () => {
  let project: string
  beforeAll(async () => {
    project = await installed()
  })

  test('runs the main job', async () => {
    const command = 'node_modules/lading/bin/lading.js'
    await run(project, command, 'copy', 'oci:node_modules/lading/examples/hello:v1', 'local://./images/hello:v1')
    expect(await run(project, command, 'list', 'local://./images/')).toBe('hello:v1\n')
  })

  test('runs without the packages that it is bundled with', async () => {
    await using registry = await startFakeRegistry()
    const image = `${registry.host}/hello:v1`
    const alone = await newFolder()
    await cp(path.join(project, 'node_modules/lading'), alone, { recursive: true })
    await run(alone, 'bin/lading.js', 'copy', 'oci:examples/hello:v1', image)
    await run(alone, 'bin/lading.js', 'copy', image, 'local://./images/hello:v1')
    await run(alone, 'bin/lading.js', 'config', 'set', 'local://./images/hel*', 'immutable=true')
    expect(await run(alone, 'bin/lading.js', 'config', 'get', 'local://./images/hello')).toContain('true')
    await writeFile(
      path.join(alone, 'registries.conf'),
      `[[registry]]\nprefix = "a.test"\nlocation = "${registry.host}"\n`,
    )
    const mapped = ['--registries-conf', 'registries.conf', 'inspect', '--raw', 'a.test/hello:v1']
    expect(await run(alone, 'bin/lading.js', ...mapped)).toContain('"manifests"')
  })

  test('finds the file of its threads, as a program and as a library', async () => {
    await using registry = await startFakeRegistry()
    const image = `${registry.host}/large:v1`
    const folder = await newFolder()
    await writeLayout(path.join(folder, 'large'), {
      v1: buildImage({ layers: [Buffer.alloc(5 * 1024 * 1024, 'large')] }),
    })
    await run(project, 'node_modules/lading/bin/lading.js', 'copy', `oci:${folder}/large:v1`, image)
    await run(project, 'node_modules/lading/bin/lading.js', 'copy', image, `oci:${folder}/by-program:v1`)
    const program = `import { copyImage } from 'lading'; await copyImage('${image}', 'oci:${folder}/by-library:v1')`
    await run(project, '--input-type=module', '-e', program)
    for (const name of ['by-program', 'by-library'])
      expect(await readdir(path.join(folder, name, 'blobs/sha256'))).toHaveLength(3)
  })

  test('keeps the licenses of what it is bundled with', async () => {
    const folder = path.join(project, 'node_modules/lading')
    const notices = await readFile(path.join(folder, 'dist/program/THIRD-PARTY.txt'), 'utf8')
    const { dependencies } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'))
    for (const [name, version] of Object.entries(dependencies)) {
      if (!unbundled.test(name)) expect(notices).toContain(`\n${name} ${version} (`)
    }
    expect(notices).toContain('Permission is hereby granted')
  })

  test('tells where in its sources it failed', async () => {
    const failed = execute(process.execPath, ['node_modules/lading/bin/lading.js', 'inspect', 'oci:nowhere:v1'], {
      cwd: project,
      env: { ...process.env, LADING_DEBUG: '1' },
    })
    await expect(failed).rejects.toMatchObject({
      stderr: expect.stringMatching(/at async Object\.inspectImage \(.*program\.cjs:\d+:\d+\)/),
    })
  })

  test.each([
    ['s3://bucket/', '@aws-sdk/client-s3'],
    ['gs://bucket/', 'google-auth-library'],
    ['az://container/', '@azure/storage-blob'],
  ])('says what %s needs where its packages are not there', async (bucket, name) => {
    const key = path.join(project, 'key.json')
    await writeFile(key, JSON.stringify({ type: 'service_account', client_email: 'a@b.test', private_key: 'x' }))
    const env = {
      ...process.env,
      AZURE_STORAGE_ACCOUNT: 'account',
      AZURE_STORAGE_KEY: 'a2V5',
      GOOGLE_APPLICATION_CREDENTIALS: key,
    }
    const listing = execute(process.execPath, ['node_modules/lading/bin/lading.js', 'list', bucket], {
      cwd: project,
      env,
    })
    await expect(listing).rejects.toMatchObject({ code: 64, stderr: expect.stringContaining(`npm install ${name}`) })
  })

  test.each(['lading', 'lading/stores', 'lading/transports', 'lading/testing'])('is imported as %s', async entry => {
    const names = await run(
      project,
      '--input-type=module',
      '-e',
      `console.log(Object.keys(await import('${entry}')).join(' '))`,
    )
    expect(names.split(' ').length).toBeGreaterThan(1)
  })

  test('has types for what it exports', async () => {
    const { exports } = JSON.parse(await readFile(path.join(project, 'node_modules/lading/package.json'), 'utf8'))
    for (const entry of Object.values<{ types?: string }>(exports)) {
      if (entry.types === undefined) continue
      expect(await readFile(path.join(project, 'node_modules/lading', entry.types), 'utf8')).toContain('export')
    }
  })
})
