import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { copyImage } from '../../src/index.ts'
import { startProcess } from '../services/start-process.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { environmentOf } from '../stores/s3-place.ts'
import { smallImages } from './flat-images.ts'
import { type ProcessState, processState } from './process-state.ts'

export interface FlatOptions {
  readonly copies: number
  /** Copies between two looks at the process. */
  readonly sampleEvery: number
  readonly onSample?: (sample: FlatSample) => void
}

export interface FlatSample extends ProcessState {
  readonly copies: number
}

/** Copies at a time. */
const atOnce = 4
/** Copies into one bucket, which is removed after them. */
const copiesOfBucket = 40
/** One of so many goes through the threads that move large blobs. */
const largeEvery = 50

/** Copies small images in this process through the library: registry → directory, directory → registry, registry → S3; looks at the process between. */
export async function flatCopies({ copies, sampleEvery, onSample }: FlatOptions): Promise<FlatSample[]> {
  const ready = /^ready (\S+) (\S+) (\S+) (\S+)$/m
  await using servers = await startProcess(
    process.execPath,
    [path.join(import.meta.dirname, 'servers-worker.ts')],
    ready,
  )
  const [, registry = '', url = '', accessKeyId = '', secretAccessKey = ''] = servers.match
  const folder = await mkdtemp(path.join(temporaryFolder(), 'flat-'))
  using _environment = inEnvironment(environmentOf({ url, accessKeyId, secretAccessKey }, folder))
  const samples: FlatSample[] = []
  const copyNumber = async (number: number) => {
    const round = Math.floor(number / copiesOfBucket)
    const tag = number % largeEvery === 0 ? 'large' : `small-${number % smallImages}`
    const [source, bucket] = [`docker://${registry}/source:${tag}`, `local://${folder}/b${round}//`]
    if (number % 3 === 0) await copyImage(source, `${bucket}app:${number}`)
    else if (number % 3 === 1) await copyImage(source, `s3://flat/p${round % 50}//app:${number}`)
    else {
      await copyImage(source, `${bucket}app:${number}`)
      await copyImage(`${bucket}app:${number}`, `docker://${registry}/copies/r${round % 50}:${number}`)
    }
  }
  for (let done = 0; done < copies; ) {
    const batch = Array.from({ length: Math.min(atOnce, copies - done) }, (_, at) => copyNumber(done + at))
    await Promise.all(batch)
    done += batch.length
    if (done % copiesOfBucket === 0) {
      await rm(path.join(folder, `b${done / copiesOfBucket - 1}`), { recursive: true, force: true })
    }
    if (done % sampleEvery !== 0) continue
    const sample = { copies: done, ...(await processState()) }
    samples.push(sample)
    onSample?.(sample)
  }
  return samples
}

/** The environment of this process is that, for as long as this is not disposed of. */
function inEnvironment(values: Readonly<Record<string, string | undefined>>): Disposable {
  const before = Object.keys(values).map(name => [name, process.env[name]] as const)
  Object.assign(process.env, values)
  return {
    [Symbol.dispose]() {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    },
  }
}
