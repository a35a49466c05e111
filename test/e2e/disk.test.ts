import { execFile, spawnSync } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { newFolder } from './lading.ts'

const checkout = path.join(import.meta.dirname, '../..')
/** A user namespace is where a mount needs no root. */
const isolated = ['--user', '--map-root-user', '--mount'] as const
const canMount = spawnSync('unshare', [...isolated, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

/** Copies the example image to `destination`, in a folder that is a file system of its own. */
async function copyTo(destination: string, mountOptions: string): Promise<{ stderr: string; left: string }> {
  const mount = `cd "$1" && mount -t tmpfs -o ${mountOptions} tmpfs . && cd "$1"`
  const copy = `"$2" "$3" copy --quiet "oci:$4/examples/hello:v1" ${destination}`
  const script = `${mount} && ${copy}; code=$?; find . -type f; exit $code`
  const args = ['sh', '-c', script, 'sh', await newFolder(), process.execPath, path.join(checkout, 'bin/lading.js')]
  const failure: unknown = await promisify(execFile)('unshare', [...isolated, ...args, checkout]).catch(error => error)
  if (!(failure instanceof Error && 'stderr' in failure && 'stdout' in failure)) throw new Error('the copy succeeded')
  expect(failure).toMatchObject({ code: 6 })
  return { stderr: String(failure.stderr), left: String(failure.stdout) }
}

describe.skipIf(!canMount).each(['local://./bucket/hello:v1', 'oci:layout:v1'])(
  'a copy to %s [needs unshare and user namespaces]',
  destination => {
    test('says that a file system is read-only', async () => {
      const { stderr } = await copyTo(destination, 'ro')
      expect(stderr).toContain('the file system is read-only')
    })

    test('says that a disk is full, and leaves no half of a file', async () => {
      const { stderr, left } = await copyTo(destination, 'size=8k')
      expect(stderr).toContain('no space left on the device')
      expect(left).not.toMatch(/lading|index\.json|manifest\.json/)
    })
  },
)
