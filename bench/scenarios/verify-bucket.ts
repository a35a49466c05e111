import type { Scenario } from '../scenario.ts'
import { writeBenchImage } from '../write-bench-image.ts'

export const verifyBucket: Scenario = {
  letter: 'k',
  title: 'Verifying a whole bucket on disk',
  shows: 'whether the cores are kept busy with hashing',
  sizes: { layers: 16, layerBytes: 64_000_000 },
  fixed: ['layers'],
  needs: [],
  async *contests(stage) {
    const recipe = { layers: stage.size('layers'), layerBytes: stage.size('layerBytes') }
    const image = await writeBenchImage(`${stage.folder}/image`, recipe)
    const bucket = `local://${stage.folder}/bucket//`
    const fill = ['copy', '--quiet', `oci:${image.layout}:v1`, `${bucket}app:v1`]
    await stage.run(stage.lading.command(fill))
    const sums = 'find "$1" -type f -print0 | xargs -0 -n 1 -P 2 sha256sum'
    yield {
      title: 'every blob read',
      servers: {},
      bytes: image.bytes,
      contestants: [
        ...stage.ladings.map(each => ({
          name: each.name,
          command: () => each.command(['doctor', '--verify', '--read-only', '--progress', 'none', bucket]),
        })),
        {
          name: 'sha256sum, two at a time',
          command: () => ({
            program: 'sh',
            args: ['-c', sums, 'sh', `${stage.folder}/bucket/blobs`],
            env: { PATH: process.env.PATH ?? '' },
          }),
        },
      ],
    }
  },
}
