import { checkRegistry } from './image-checks.ts'
import type { Stage } from './scenario.ts'
import type { BenchImage } from './write-bench-image.ts'

/** Puts an image into a registry, under the tag `v1`, before anything is measured. */
export async function fillRegistry(stage: Stage, image: BenchImage, url: string, repository: string): Promise<void> {
  const to = `docker://${new URL(url).host}/${repository}:v1`
  await stage.run(stage.lading.command(['copy', '--quiet', `oci:${image.layout}:v1`, to]))
  await checkRegistry(url, repository, image)
}
