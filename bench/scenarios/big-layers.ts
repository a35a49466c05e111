import { startRegistry } from '../../test/services/start-registry.ts'
import { fillRegistry } from '../fill-registry.ts'
import { pullers } from '../pullers.ts'
import type { Scenario } from '../scenario.ts'
import { writeBenchImage } from '../write-bench-image.ts'

export const bigLayers: Scenario = {
  letter: 'a',
  title: 'Big layers, from a registry on this machine',
  shows: 'what moving a byte costs where the network is free',
  sizes: { layers: 4, layerBytes: 268_000_000 },
  fixed: ['layers'],
  needs: ['docker-registry'],
  async *contests(stage) {
    await using registry = await startRegistry()
    const recipe = { layers: stage.size('layers'), layerBytes: stage.size('layerBytes') }
    const image = await writeBenchImage(`${stage.folder}/image`, recipe)
    await fillRegistry(stage, image, registry.url, 'big')
    yield {
      title: 'pulled',
      servers: { registry: { origin: registry.url } },
      contestants: pullers(stage, { repository: 'big', image }),
      bytes: image.bytes,
    }
  },
}
