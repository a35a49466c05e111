import { mkdir, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { startRegistry } from '../../test/services/start-registry.ts'
import { sdkClient } from '../../test/stores/s3-place.ts'
import { fillRegistry } from '../fill-registry.ts'
import { checkLayout } from '../image-checks.ts'
import { type S3Bench, startS3Bench } from '../s3-bench.ts'
import type { Attempt, Command, Contestant, Scenario, Stage } from '../scenario.ts'
import type { UndiciPlan } from '../undici-parts.ts'
import { type BenchImage, writeBenchImage } from '../write-bench-image.ts'

const bucket = 'bench'

export const s3AndBack: Scenario = {
  letter: 'e',
  title: 'From a registry to S3 (Ceph), and from there to a layout',
  shows: 'what is left of what undici alone moves with parts of the same size and as many at a time',
  sizes: { layers: 4, layerBytes: 128_000_000, partBytes: 8 * 1024 * 1024, partsAtATime: 8 },
  fixed: ['layers', 'partBytes', 'partsAtATime'],
  needs: ['docker-registry', 'radosgw'],
  async *contests(stage) {
    await using registry = await startRegistry()
    await using s3 = await startS3Bench(bucket)
    const recipe = { layers: stage.size('layers'), layerBytes: stage.size('layerBytes') }
    const image = await writeBenchImage(`${stage.folder}/image`, recipe)
    await fillRegistry(stage, image, registry.url, 'big')
    const servers = { registry: { origin: registry.url }, s3: { origin: s3.server.url } }
    yield { title: 'registry to S3', servers, contestants: await uploaders(stage, s3, image), bytes: image.bytes }

    const fill = copyToS3(`${registry.host}/big:v1`, s3.server.url, 'full')
    await stage.run(stage.lading.command(fill, s3.env))
    yield {
      title: 'S3 to a layout',
      servers: { s3: { origin: s3.server.url } },
      contestants: await downloaders(stage, s3, image),
      bytes: image.bytes,
    }
  },
}

function copyToS3(from: string, endpoint: string, id: string): string[] {
  const to = `s3://${bucket}/${id}//app:v1`
  return ['copy', '--progress', 'none', '--dest-endpoint', endpoint, `docker://${from}`, to]
}

async function uploaders(stage: Stage, s3: S3Bench, image: BenchImage): Promise<Contestant[]> {
  const layers = await layersOf(image)
  const check = async ({ id }: Attempt) => {
    const { Contents = [] } = await sdkClient(s3.server).listObjectsV2({ Bucket: bucket, Prefix: `${id}/blobs/` })
    const stored = new Set(Contents.map(({ Key = '', Size }) => `${path.basename(Key)} ${Size}`))
    const missing = layers.find(({ hex, size }) => !stored.has(`${hex} ${size}`))
    if (missing !== undefined) throw new Error(`${missing.hex} is not there`)
  }
  const after = ({ id }: Attempt) => s3.empty(bucket, `${id}/`)
  return [
    ...stage.ladings.map(lading => ({
      name: lading.name,
      command: (attempt: Attempt) =>
        lading.command(copyToS3(`${attempt.host('registry')}/big:v1`, attempt.url('s3'), attempt.id), s3.env),
      check,
      after,
    })),
    {
      name: 'undici alone',
      command: attempt =>
        undici(stage, s3, {
          up: layers.map(({ hex, size }) => ({
            from: `${attempt.url('registry')}/v2/big/blobs/sha256:${hex}`,
            to: `${attempt.url('s3')}/${bucket}/${attempt.id}/blobs/sha256/${hex}`,
            size,
          })),
        }),
      check,
      after,
    },
  ]
}

async function downloaders(stage: Stage, s3: S3Bench, image: BenchImage): Promise<Contestant[]> {
  const layers = await layersOf(image)
  const rclone = stage.tool('rclone')
  return [
    ...stage.ladings.map(lading => ({
      name: lading.name,
      command: ({ folder, url }: Attempt) => {
        const words = ['copy', '--progress', 'none', '--src-endpoint', url('s3')]
        return lading.command([...words, `s3://${bucket}/full//app:v1`, `oci:${folder}/layout:v1`], s3.env)
      },
      check: ({ folder }: Attempt) => checkLayout(`${folder}/layout`, image),
    })),
    {
      name: 'undici alone',
      before: async ({ folder }) => {
        await mkdir(`${folder}/blobs`)
      },
      command: ({ folder, url }) =>
        undici(stage, s3, {
          down: layers.map(({ hex, size }) => ({
            from: `${url('s3')}/${bucket}/full/blobs/sha256/${hex}`,
            to: `${folder}/blobs/${hex}`,
            size,
          })),
        }),
    },
    ...(rclone === undefined
      ? []
      : [
          {
            name: 'rclone',
            command: ({ folder, url }: Attempt) =>
              rclone.command(['copy', `ceph:${bucket}/full/blobs`, `${folder}/blobs`], s3.rcloneEnv(url('s3'))),
          },
        ]),
  ]
}

function undici(stage: Stage, s3: S3Bench, moves: Pick<UndiciPlan, 'up' | 'down'>): Command {
  const { accessKeyId, secretAccessKey } = s3.server
  const plan: UndiciPlan = {
    keys: { accessKeyId, secretAccessKey },
    partBytes: stage.size('partBytes'),
    concurrency: stage.size('partsAtATime'),
    ...moves,
  }
  const program = path.join(import.meta.dirname, '../undici-parts.ts')
  return { program: process.execPath, args: [program, JSON.stringify(plan)], env: { PATH: process.env.PATH ?? '' } }
}

/** All but what is small: configs and manifests. */
async function layersOf({ layout }: BenchImage): Promise<{ hex: string; size: number }[]> {
  const folder = path.join(layout, 'blobs/sha256')
  const files = await Promise.all(
    (await readdir(folder)).map(async hex => ({ hex, size: (await stat(path.join(folder, hex))).size })),
  )
  const largest = Math.max(...files.map(({ size }) => size))
  return files.filter(({ size }) => size > largest / 2)
}
