import { sdkClient } from '../../test/stores/s3-place.ts'
import { startS3Bench } from '../s3-bench.ts'
import type { Attempt, Scenario } from '../scenario.ts'
import { writeBenchImage } from '../write-bench-image.ts'

export const s3ToS3: Scenario = {
  letter: 'f',
  title: 'From one bucket of S3 (Ceph) to another',
  shows: 'what a copy costs whose bytes stay at the server',
  sizes: { layers: 40, layerBytes: 16_000_000 },
  fixed: ['layers'],
  needs: ['radosgw'],
  async *contests(stage) {
    await using s3 = await startS3Bench('source', 'target')
    const recipe = { layers: stage.size('layers'), layerBytes: stage.size('layerBytes') }
    const image = await writeBenchImage(`${stage.folder}/image`, recipe)
    const fill = [
      'copy',
      '--quiet',
      '--dest-endpoint',
      s3.server.url,
      `oci:${image.layout}:v1`,
      's3://source/all//app:v1',
    ]
    await stage.run(stage.lading.command(fill, s3.env))
    const rclone = stage.tool('rclone')
    const check = async ({ id }: Attempt) => {
      const { KeyCount } = await sdkClient(s3.server).listObjectsV2({ Bucket: 'target', Prefix: `${id}/blobs/` })
      if ((KeyCount ?? 0) < image.blobs - 1) throw new Error(`${KeyCount} blobs are there, not ${image.blobs}`)
    }
    const after = ({ id }: Attempt) => s3.empty('target', `${id}/`)
    yield {
      title: 'copied by the server',
      servers: { s3: { origin: s3.server.url } },
      bytes: image.bytes,
      contestants: [
        ...stage.ladings.map(each => ({
          name: each.name,
          command: ({ url, id }: Attempt) => {
            const words = ['copy', '--progress', 'none', '--endpoint', url('s3')]
            return each.command([...words, 's3://source/all//app:v1', `s3://target/${id}//app:v1`], s3.env)
          },
          check,
          after,
        })),
        ...(rclone === undefined
          ? []
          : [
              {
                name: 'rclone',
                command: ({ url, id }: Attempt) =>
                  rclone.command(['copy', 'ceph:source/all', `ceph:target/${id}`], s3.rcloneEnv(url('s3'))),
                check,
                after,
              },
            ]),
      ],
    }
  },
}
