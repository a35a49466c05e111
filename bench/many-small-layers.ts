import { startRegistry } from '../test/services/start-registry.ts'
import { fillRegistry } from './fill-registry.ts'
import type { Scenario, Stage } from './scenario.ts'
import { distantRegistry } from './shape.ts'
import { type BenchImage, writeBenchImage } from './write-bench-image.ts'

/** What the scenarios of many small layers have in common. */
export const manySmallLayers = {
  sizes: { platforms: 9, layers: 60, layerBytes: 4096 },
  fixed: ['platforms', 'layerBytes'],
  needs: ['docker-registry'],
} as const satisfies Partial<Scenario>

/** A distant registry that holds an index of many small layers, under `many`. */
export async function startDistantRegistry(stage: Stage) {
  await using cleanup = new AsyncDisposableStack()
  const registry = cleanup.use(await startRegistry())
  const image: BenchImage = await writeBenchImage(`${stage.folder}/image`, {
    platforms: stage.size('platforms'),
    layers: stage.size('layers'),
    layerBytes: stage.size('layerBytes'),
  })
  await fillRegistry(stage, image, registry.url, 'many')
  const owned = cleanup.move()
  return {
    registry,
    image,
    servers: { registry: { origin: registry.url, shape: distantRegistry } },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
