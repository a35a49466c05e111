import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { buildImage } from '../../src/testing/build-image.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { serveImage } from './copy-with-lanes.ts'

const run = promisify(execFile)
const image = buildImage({ layers: [randomBytes(5 * 1024 * 1024)] })

/** A program of somebody else's that copies an image. */
async function writeProgram(): Promise<{ readonly folder: string; readonly program: string }> {
  const folder = await mkdtemp(path.join(temporaryFolder(), 'program-'))
  const program = path.join(folder, 'program.mjs')
  const library = path.resolve('src/index.ts')
  const text = `
    import { copyImage } from ${JSON.stringify(library)}
    console.log((await copyImage(process.argv[2], process.argv[3])).digest)`
  await writeFile(program, text)
  return { folder, program }
}

test('a program that may start no threads copies large blobs as a stream', async () => {
  const registry = await serveImage(image)
  const { folder, program } = await writeProgram()
  const allowed = ['--permission', '--allow-fs-read=*', '--allow-fs-write=*', '--allow-net']
  const options = allowed.filter(option => option !== '--allow-net' || process.allowedNodeEnvironmentFlags.has(option))
  const { stdout } = await run(process.execPath, [
    ...options,
    program,
    `${registry.host}/app:v1`,
    `oci:${folder}/to:v1`,
  ])
  expect(stdout.trim()).toBe(image.root.digest)
})

test('a program that was bundled without the file of the threads copies large blobs as a stream', async () => {
  const registry = await serveImage(image)
  const { folder, program } = await writeProgram()
  const bundled = path.join(folder, 'bundled.mjs')
  await build({
    entryPoints: [program],
    outfile: bundled,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  })
  await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'))
  const { stdout } = await run(process.execPath, [bundled, `${registry.host}/app:v1`, `oci:${folder}/to:v1`])
  expect(stdout.trim()).toBe(image.root.digest)
})
