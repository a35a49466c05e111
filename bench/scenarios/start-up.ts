import { startRegistry } from '../../test/services/start-registry.ts'
import { fillRegistry } from '../fill-registry.ts'
import { pullToBucket } from '../pullers.ts'
import type { Contestant, Scenario, Tool } from '../scenario.ts'
import { writeBenchImage } from '../write-bench-image.ts'

export const startUp: Scenario = {
  letter: 'j',
  title: 'Starting',
  shows: 'what every run costs before it does anything',
  sizes: { roundsEach: 5 },
  fixed: ['roundsEach'],
  needs: ['docker-registry'],
  async *contests(stage) {
    await using registry = await startRegistry()
    const image = await writeBenchImage(`${stage.folder}/image`, { layers: 4, layerBytes: 10_000 })
    await fillRegistry(stage, image, registry.url, 'small')
    const rounds = (asked: number) => asked * stage.size('roundsEach')
    const node: Contestant = {
      name: 'node -e 0',
      command: () => ({ program: process.execPath, args: ['-e', '0'], env: { PATH: process.env.PATH ?? '' } }),
    }
    const skopeo = stage.tool('skopeo')
    const asked = (tool: Tool, ...words: string[]): Contestant => ({
      name: [tool.name, ...words].join(' '),
      command: () => tool.command(words),
    })
    yield {
      title: 'and ending',
      servers: {},
      rounds,
      contestants: [
        node,
        ...stage.ladings.flatMap(each => [
          asked(each, '--version'),
          asked(each, '--help'),
          asked(each, 'copy', '--help'),
        ]),
        ...(skopeo ? [asked(skopeo, '--version'), asked(skopeo, 'copy', '--help')] : []),
      ],
    }
    const again = (tool: Tool, what: string, words: (folder: string, host: string) => string[]): Contestant => ({
      name: `${tool.name}, ${what}`,
      before: async ({ folder }) => {
        await stage.run(tool.command(words(folder, registry.host)))
      },
      command: ({ folder, host }) => tool.command(words(folder, host('registry'))),
    })
    const layouts = (folder: string) => [`oci:${image.layout}:v1`, `oci:${folder}/layout:v1`]
    yield {
      title: 'with an image that is there already',
      servers: { registry: { origin: registry.url } },
      rounds,
      contestants: [
        node,
        ...stage.ladings.flatMap(each => [
          again(each, 'layout to layout', folder => ['copy', '--progress', 'none', ...layouts(folder)]),
          again(each, 'registry to bucket', (folder, host) => pullToBucket(`${host}/small:v1`, folder)),
        ]),
        ...(skopeo
          ? [
              again(skopeo, 'layout to layout', folder => [
                ...['--insecure-policy', 'copy', '--quiet'],
                ...layouts(folder),
              ]),
            ]
          : []),
      ],
    }
  },
}
