import { checkRegistry } from './image-checks.ts'
import { runMeasured } from './run-measured.ts'
import type { Stage } from './scenario.ts'
import type { BenchImage } from './write-bench-image.ts'

/** Puts an image into a registry, under the tag `v1`, before anything is measured. */
export async function fillRegistry(stage: Stage, image: BenchImage, url: string, repository: string): Promise<void> {
  const [lading] = stage.ladings
  if (lading === undefined) throw new Error('there is no lading to fill the registry')
  const to = `docker://${new URL(url).host}/${repository}:v1`
  await runMeasured(lading.command(['copy', '--quiet', `oci:${image.layout}:v1`, to]), new AbortController().signal)
  await checkRegistry(url, repository, image)
}
