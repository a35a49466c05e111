import { checkRegistry } from './image-checks.ts'
import type { Attempt, Contestant, Stage, Tool } from './scenario.ts'
import type { BenchImage } from './write-bench-image.ts'

interface Push {
  readonly image: BenchImage
  /** The registry itself, which is asked whether the image is there. */
  readonly origin: string
  /** Measure the same push a second time. */
  readonly again?: boolean
}

/** Everything that brings an OCI layout to an empty repository of the server `registry`. */
export function pushers(stage: Stage, { image, origin, again = false }: Push): Contestant[] {
  const { layout } = image
  const peer = (tool: Tool | undefined, args: (to: string, host: string) => string[]): Contestant[] => {
    if (tool === undefined) return []
    const command = (host: string, { id }: Attempt) => tool.command(args(`${host}/${id}:v1`, host))
    return [
      {
        name: tool.name,
        command: attempt => command(attempt.host('registry'), attempt),
        check: ({ id }) => checkRegistry(origin, id, image),
        ...(again
          ? {
              before: async attempt => {
                await stage.run(command(new URL(origin).host, attempt))
              },
            }
          : {}),
      },
    ]
  }
  return [
    ...stage.ladings.flatMap(lading =>
      peer(lading, to => ['copy', '--progress', 'none', `oci:${layout}:v1`, `docker://${to}`]),
    ),
    ...peer(stage.tool('skopeo'), to => [
      ...['--insecure-policy', 'copy', '--quiet', '--all', '--dest-tls-verify=false'],
      ...[`oci:${layout}:v1`, `docker://${to}`],
    ]),
    ...peer(stage.tool('crane'), to => ['push', '--insecure', layout, to]),
    ...peer(stage.tool('oras'), to => ['cp', '--no-tty', '--from-oci-layout', `${layout}:v1`, '--to-plain-http', to]),
    ...peer(stage.tool('regctl'), (to, host) => [
      ...['--host', `reg=${host},tls=disabled`],
      ...['image', 'copy', `ocidir://${layout}:v1`, to],
    ]),
  ]
}
