import { execFile } from 'node:child_process'
import { cp, mkdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { imageOf, pushToFolder } from '../bucket/push-built.ts'
import { checkout } from '../structure/source-files.ts'
import { filesBelow, fixtures, lading, newFolder } from './lading.ts'

/** Runs a script of a shell in which `lading` and `s3lo` are commands. */
async function shell(script: string, cwd: string): Promise<string> {
  const bin = path.join(cwd, 'bin')
  await mkdir(bin, { recursive: true })
  for (const name of ['lading', 's3lo']) {
    await symlink(path.join(checkout, 'bin/lading.js'), path.join(bin, name)).catch(() => {})
  }
  const PATH = `${bin}:${path.dirname(process.execPath)}:${process.env.PATH}`
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    env: { PATH, HOME: cwd, XDG_RUNTIME_DIR: cwd },
  })
  return stdout
}

describe.each(['lading', 's3lo'])('as %s', program => {
  test('all tags of an image are deleted as the FAQ says', async () => {
    const cwd = await newFolder()
    for (const name of ['myapp:v1', 'myapp:v2', 'myapp/v1:x', 'other:v1']) {
      await pushToFolder(path.join(cwd, 'my-store'), name, name)
    }
    const script = `${program} list local://./my-store/ | grep "^myapp:" | while read ref; do
  ${program} delete "local://./my-store/$ref"
done`
    const told = await shell(script, cwd)
    expect(told.match(/^deleted .*/gm)).toHaveLength(2)
    expect(await shell(`${program} list local://./my-store/`, cwd)).toBe('myapp/v1:x\nother:v1\n')
    expect(await shell('lading restore --list local://./my-store/', cwd)).toMatch(/myapp:v1\n.*myapp:v2\n$/)
  })

  test('push, history and delete work on a directory', async () => {
    const cwd = await newFolder()
    await shell(`${program} init --local ./my-store`, cwd)
    for (const text of ['one', 'two']) await pushToFolder(path.join(cwd, 'my-store'), 'myapp:v1.0', text)
    const history = await shell(`${program} history local://./my-store/myapp:v1.0`, cwd)
    const [two, one] = ['two', 'one'].map(text => imageOf(text).root.digest)
    expect(history).toMatch(new RegExp(`^local://./my-store/myapp:v1.0\n\\* .*${two}\n  .*${one}\n$`))
    await shell(`${program} delete local://./my-store/myapp:v1.0`, cwd)
    expect(await shell(`${program} list local://./my-store/`, cwd)).toBe('')
  })
})

describe('in a bucket that s3lo wrote', () => {
  async function s3loStore() {
    const folder = await newFolder()
    await cp(path.join(fixtures, 's3lo-store'), path.join(folder, 'store'), { recursive: true })
    return { folder: path.join(folder, 'store'), ref: `local://${folder}/store//alpine:latest` }
  }

  test('history tells its push', async () => {
    const { ref } = await s3loStore()
    const { stdout } = await lading(['history', ref])
    expect(stdout).toMatch(/\n\* 2026-\d\d-\d\dT[\d:]+Z +- {2}sha256:25109184[0-9a-f]+\n$/)
  })

  test('a tag is deleted and not restored, since a blob is truly gone', async () => {
    const { folder, ref } = await s3loStore()
    const blobs = await filesBelow(path.join(folder, 'blobs'))
    expect((await lading(['delete', ref])).code).toBe(0)
    expect(await filesBelow(path.join(folder, 'manifests')).catch(() => [])).toEqual([])
    expect(await filesBelow(path.join(folder, 'blobs'))).toEqual(blobs)
    const { code, stderr } = await lading(['restore', ref])
    expect([code, stderr]).toEqual([2, expect.stringContaining('sha256:d8ad8cd7')])
    expect(stderr).toContain('alpine:latest is as it was')
    expect(await filesBelow(path.join(folder, 'manifests')).catch(() => [])).toEqual([])
  })
})
