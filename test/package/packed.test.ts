import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { newFolder } from '../e2e/lading.ts'
import { checkout } from '../structure/source-files.ts'

const execute = promisify(execFile)
const run = async (cwd: string, ...args: string[]) => (await execute(process.execPath, args, { cwd })).stdout

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
  const clouds = /^@aws-sdk\/|^@azure\/|^@smithy\/|^google-auth-library$/
  for (const name of Object.keys(manifest.dependencies).filter(one => !clouds.test(one)))
    await symlink(path.join(checkout, 'node_modules', name), path.join(modules, name))
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
