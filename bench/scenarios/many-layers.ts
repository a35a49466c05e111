import { manySmallLayers, startDistantRegistry } from '../many-small-layers.ts'
import { pullers } from '../pullers.ts'
import { pushers } from '../pushers.ts'
import type { Scenario } from '../scenario.ts'

export const manyLayers: Scenario = {
  letter: 'c',
  title: 'Many small layers of several platforms, 20 ms away',
  shows: 'how few round trips come one after the other',
  ...manySmallLayers,
  async *contests(stage) {
    await using distant = await startDistantRegistry(stage)
    const { registry, image, servers } = distant
    yield { title: 'pulled', servers, contestants: pullers(stage, { repository: 'many', image }) }
    yield { title: 'pushed', servers, contestants: pushers(stage, { image, origin: registry.url }) }
  },
}
