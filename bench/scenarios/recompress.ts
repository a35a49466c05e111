import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { realContent } from '../real-content.ts'
import type { Attempt, Contestant, Scenario, Tool } from '../scenario.ts'
import { writeBenchImage } from '../write-bench-image.ts'

export const recompress: Scenario = {
  letter: 'h',
  title: 'From gzip to zstd',
  shows: 'how well the cores are used where layers are compressed anew',
  sizes: { layers: 4, layerBytes: 100_000_000 },
  fixed: ['layers'],
  needs: [],
  async *contests(stage) {
    const image = await writeBenchImage(`${stage.folder}/image`, {
      layers: stage.size('layers'),
      layerBytes: stage.size('layerBytes'),
      form: 'gzip',
      content: realContent(),
    })
    const copier = (tool: Tool, words: readonly string[]): Contestant => ({
      name: tool.name,
      command: ({ folder }: Attempt) => tool.command([...words, `oci:${image.layout}:v1`, `oci:${folder}/layout:v1`]),
      storedBytes: ({ folder }) => zstdBytes(`${folder}/layout`),
    })
    const skopeo = stage.tool('skopeo')
    const format = ['--dest-compress-format', 'zstd']
    yield {
      title: 'layout to layout',
      servers: {},
      bytes: stage.size('layers') * stage.size('layerBytes'),
      contestants: [
        ...stage.ladings.map(lading => copier(lading, ['copy', '--progress', 'none', ...format])),
        ...(skopeo ? [copier(skopeo, ['--insecure-policy', 'copy', '--quiet', '--dest-compress', ...format])] : []),
      ],
    }
  },
}

/** The size of the layers. @throws Error where one is in another form */
async function zstdBytes(layout: string): Promise<number> {
  const read = async (file: string) => JSON.parse(await readFile(path.join(layout, file), 'utf8'))
  const index: { manifests: { digest: string }[] } = await read('index.json')
  const manifest: { layers: { mediaType: string; size: number }[] } = await read(
    `blobs/${index.manifests[0]?.digest.replace(':', '/')}`,
  )
  const other = manifest.layers.find(({ mediaType }) => !mediaType.endsWith('+zstd'))
  if (other !== undefined) throw new Error(`a layer is still ${other.mediaType}`)
  return manifest.layers.reduce((sum, { size }) => sum + size, 0)
}
