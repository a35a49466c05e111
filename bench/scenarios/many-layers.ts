import { startRegistry } from '../../test/services/start-registry.ts'
import { fillRegistry } from '../fill-registry.ts'
import { pullers } from '../pullers.ts'
import { pushers } from '../pushers.ts'
import type { Scenario } from '../scenario.ts'
import { distantRegistry } from '../shape.ts'
import { writeBenchImage } from '../write-bench-image.ts'

export const manyLayers: Scenario = {
  letter: 'c',
  title: 'Many small layers of several platforms, 20 ms away',
  shows: 'how few round trips come one after the other',
  sizes: { platforms: 9, layers: 60, layerBytes: 4096 },
  fixed: ['platforms', 'layerBytes'],
  needs: ['docker-registry'],
  async *contests(stage) {
    await using registry = await startRegistry()
    const recipe = {
      platforms: stage.size('platforms'),
      layers: stage.size('layers'),
      layerBytes: stage.size('layerBytes'),
    }
    const image = await writeBenchImage(`${stage.folder}/image`, recipe)
    await fillRegistry(stage, image, registry.url, 'many')
    const servers = { registry: { origin: registry.url, shape: distantRegistry } }
    yield { title: 'pulled', servers, contestants: pullers(stage, { repository: 'many', image }) }
    yield { title: 'pushed', servers, contestants: pushers(stage, { image, origin: registry.url }) }
  },
}
