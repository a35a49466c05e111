import { mkdir, readdir, readlink, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lading, newFolder } from '../e2e/lading.ts'
import { runProgram } from '../services/engine-process.ts'
import { startDocker } from '../services/start-docker.ts'
import { print } from './print.ts'

// An image of 2 GiB goes from Docker into a bucket and back: `npm run proof:docker-large`. It prints what memory the processes
// took, and how large the largest temporary file was that they had, removed ones included.
const layerBytes = 2 * 1024 ** 3
const memoryLimitBytes = 250 * 1024 ** 2
const fileLimitBytes = 16 * 1024 ** 2

await using docker = await startDocker({ version: '20.10' })
const folder = await newFolder()
const temporary = path.join(folder, 'tmp')
await mkdir(temporary)
// half of it can be compressed
const fill = `head -c ${layerBytes / 2} /dev/urandom > ${folder}/noise && head -c ${layerBytes / 2} /dev/zero | tr '\\0' x > ${folder}/text`
await runProgram(
  'sh',
  ['-c', `${fill} && tar -C ${folder} -cf ${folder}/large.tar noise text && rm ${folder}/noise ${folder}/text`],
  {
    env: { PATH: process.env.PATH ?? '' },
  },
)
await docker.client(['import', `${folder}/large.tar`, 'large:1'])
await runProgram('rm', [`${folder}/large.tar`], { env: { PATH: process.env.PATH ?? '' } })

const bucket = `local://${folder}/images//large:1`
const results = []
for (const words of [
  ['push', 'large:1', bucket],
  ['push', 'large:1', bucket],
  ['pull', bucket, 'large:2'],
]) {
  let largest = 0
  const started = performance.now()
  const run = await lading(words, {
    env: { DOCKER_HOST: docker.host, TMPDIR: temporary },
    during: child => {
      void (async () => {
        while (child.exitCode === null && child.signalCode === null) {
          largest = Math.max(largest, await largestTemporaryFile(child.pid, temporary))
          await sleep(50)
        }
      })()
    },
  })
  const seconds = (performance.now() - started) / 1000
  if (run.code !== 0) throw new Error(`lading ${words.join(' ')} failed: ${run.stderr}`)
  print(
    `${words[0]}: ${seconds.toFixed(1)} s, memory at most ${mebibytes(run.peakBytes)}, largest temporary file ${mebibytes(largest)}`,
  )
  results.push(run.peakBytes <= memoryLimitBytes && largest <= fileLimitBytes)
}
process.exitCode = results.every(Boolean) ? 0 : 1

/** In the folder for temporary files, or open and removed already. */
async function largestTemporaryFile(pid: number | undefined, directory: string): Promise<number> {
  const sizes = [0]
  for (const name of await readdir(directory, { recursive: true }).catch(() => [])) {
    sizes.push((await stat(path.join(directory, name)).catch(() => undefined))?.size ?? 0)
  }
  for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    const file = `/proc/${pid}/fd/${descriptor}`
    const target = await readlink(file).catch(() => '')
    if (target.endsWith(' (deleted)')) sizes.push((await stat(file).catch(() => undefined))?.size ?? 0)
  }
  return Math.max(...sizes)
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}
