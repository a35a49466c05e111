import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { inspectImage } from '../../src/index.ts'
import { newFolder } from '../e2e/lading.ts'
import { checkout } from '../structure/source-files.ts'

/** As the examples say: from the checkout, on its own sources. */
async function example(name: string, ...args: string[]): Promise<string> {
  const file = path.join('examples', name)
  return (await promisify(execFile)(process.execPath, ['--conditions=lading-source', file, ...args], { cwd: checkout }))
    .stdout
}

test('mirror.ts copies images into a bucket and tells what it copied', async () => {
  const bucket = `local://${await newFolder()}/bucket`
  const printed = await example('mirror.ts', bucket, 'oci:examples/hello:v1')
  expect(printed).toMatch(/layer sha256:/)
  expect((await inspectImage(`${bucket}//mirror/hello:v1`)).platforms).toHaveLength(2)
})

test('platforms.ts tells the platforms and copies one', async () => {
  const layout = path.join(await newFolder(), 'layout')
  const printed = await example('platforms.ts', 'oci:examples/hello:v1', 'linux/arm64', layout)
  expect(printed).toMatch(/^linux\/amd64 .*\nlinux\/arm64 .*\ncopied sha256:/)
  expect((await inspectImage(`oci:${layout}:latest`)).platforms.map(({ platform }) => platform)).toEqual([
    'linux/arm64',
  ])
})
