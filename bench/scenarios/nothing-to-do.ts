import { startRegistry } from '../../test/services/start-registry.ts'
import { fillRegistry } from '../fill-registry.ts'
import { pullToBucket } from '../pullers.ts'
import { pushers } from '../pushers.ts'
import type { Scenario } from '../scenario.ts'
import { distantRegistry } from '../shape.ts'
import { writeBenchImage } from '../write-bench-image.ts'

export const nothingToDo: Scenario = {
  letter: 'd',
  title: 'Nothing to do: the image is there already, 20 ms away',
  shows: 'how many requests it takes to know that',
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
    yield {
      title: 'pushed to the registry again',
      servers,
      contestants: pushers(stage, { image, origin: registry.url, again: true }),
    }
    const pull = (host: string, folder: string) => pullToBucket(`${host}/many:v1`, folder)
    yield {
      title: 'pulled to a bucket on disk again',
      servers,
      contestants: stage.ladings.map(lading => ({
        name: lading.name,
        before: async ({ folder }) => {
          await stage.run(lading.command(pull(registry.host, folder)))
        },
        command: attempt => lading.command(pull(attempt.host('registry'), attempt.folder)),
      })),
    }
  },
}
