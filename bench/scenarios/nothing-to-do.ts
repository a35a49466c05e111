import { manySmallLayers, startDistantRegistry } from '../many-small-layers.ts'
import { pullToBucket } from '../pullers.ts'
import { pushers } from '../pushers.ts'
import type { Scenario } from '../scenario.ts'

export const nothingToDo: Scenario = {
  letter: 'd',
  title: 'Nothing to do: the image is there already, 20 ms away',
  shows: 'how many requests it takes to know that',
  ...manySmallLayers,
  async *contests(stage) {
    await using distant = await startDistantRegistry(stage)
    const { registry, image, servers } = distant
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
