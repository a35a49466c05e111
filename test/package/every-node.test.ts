import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { newFolder } from '../e2e/lading.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { servicePath } from '../services/peer.ts'
import { checkout } from '../structure/source-files.ts'

const execute = promisify(execFile)

/**
 * What the decoders of some versions of Node do wrong with zstd: the first frame alone is decoded (before 26), a truncated one is accepted (22),
 * and what follows is never looked at.
 */
const check = `
import { zstdCompressSync, gzipSync } from 'node:zlib'
import { compress, decompress } from './dist/streams/index.js'

const content = Buffer.alloc(9_000_000, 'some words, and more words; ')
async function* once(bytes) { yield bytes }
async function outcome(bytes, compression) {
  const chunks = []
  try {
    for await (const chunk of decompress(once(bytes), compression)) chunks.push(chunk)
    return Buffer.concat(chunks).equals(content) ? 'whole' : 'other bytes'
  } catch (error) {
    return error.code
  }
}
async function whole(stream) {
  return Buffer.concat(await Array.fromAsync(stream))
}
const halves = [content.subarray(0, 4_000_000), content.subarray(4_000_000)]
const results = {}
for (const [compression, one] of [['zstd', zstdCompressSync], ['gzip', gzipSync]]) {
  const several = Buffer.concat(halves.map(half => one(half)))
  const ours = await whole(compress(once(content), compression))
  results[compression] = {
    several: await outcome(several, compression),
    ours: await outcome(ours, compression),
    truncated: await outcome(several.subarray(0, -9), compression),
    'truncated after a whole one': await outcome(several.subarray(0, one(halves[0]).length), compression),
    garbage: await outcome(Buffer.concat([several, Buffer.from('garbage')]), compression),
    empty: await outcome(Buffer.alloc(0), compression),
  }
}
console.log(JSON.stringify(results))
`

describeWithServices(['node-oldest', 'node-newest'], 'every Node that lading runs on', () => {
  let folder: string
  beforeAll(async () => {
    folder = await newFolder()
    await execute(process.execPath, ['scripts/build.ts', path.join(folder, 'dist')], { cwd: checkout })
    await symlink(path.join(checkout, 'node_modules'), path.join(folder, 'node_modules'))
    await writeFile(path.join(folder, 'package.json'), await readFile(path.join(checkout, 'package.json')))
    await mkdir(path.join(folder, 'bin'))
    await writeFile(path.join(folder, 'bin/lading.js'), await readFile(path.join(checkout, 'bin/lading.js')))
    await writeFile(path.join(folder, 'check.js'), check)
  })

  test.each(['node-oldest', 'node-newest'] as const)('%s reads what is compressed, to its end', async name => {
    const { stdout } = await execute(servicePath(name), ['check.js'], { cwd: folder })
    const expected = {
      several: 'whole',
      ours: 'whole',
      truncated: 'bad-compression',
      'truncated after a whole one': 'other bytes',
      garbage: 'bad-compression',
      empty: 'bad-compression',
    }
    expect(JSON.parse(stdout)).toEqual({ zstd: expected, gzip: expected })
  })

  test.each(['node-oldest', 'node-newest'] as const)('%s runs the main job', async name => {
    const hello = `oci:${path.join(checkout, 'examples/hello')}:v1`
    const words = ['bin/lading.js', 'copy', '--dest-compress-format=zstd', hello, `oci:${folder}/${name}:v1`]
    const { stdout } = await execute(servicePath(name), words, { cwd: folder })
    expect(stdout).toContain('layers compressed with zstd')
  })
})
