import { startRegistry } from '../../test/services/start-registry.ts'
import { fillRegistry } from '../fill-registry.ts'
import { pullers } from '../pullers.ts'
import type { Scenario } from '../scenario.ts'
import { distantRegistry } from '../shape.ts'
import { writeBenchImage } from '../write-bench-image.ts'

export const distantLayer: Scenario = {
  letter: 'b',
  title: 'One big layer, from a registry that gives each connection 40 MB/s, 20 ms away',
  shows: 'what several connections for one blob bring',
  sizes: { layerBytes: 512 * 1024 * 1024 },
  needs: ['docker-registry'],
  async *contests(stage) {
    await using registry = await startRegistry()
    const image = await writeBenchImage(`${stage.folder}/image`, { layers: 1, layerBytes: stage.size('layerBytes') })
    await fillRegistry(stage, image, registry.url, 'big')
    yield {
      title: 'pulled',
      servers: { registry: { origin: registry.url, shape: distantRegistry } },
      contestants: pullers(stage, { repository: 'big', image }),
      bytes: image.bytes,
    }
  },
}
