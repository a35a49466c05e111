import { checkBlobs, checkLayout } from './image-checks.ts'
import type { Attempt, Contestant, Stage, Tool } from './scenario.ts'
import type { BenchImage } from './write-bench-image.ts'

interface Pull {
  readonly repository: string
  readonly image: BenchImage
}

/** Everything that gets an image out of the server `registry` into an OCI layout; lading also into a bucket. */
export function pullers(stage: Stage, pull: Pull): Contestant[] {
  const layout = ({ folder }: Attempt) => `${folder}/layout`
  const source = (attempt: Attempt) => `${attempt.host('registry')}/${pull.repository}:v1`
  const peer = (
    tool: Tool | undefined,
    args: (from: string, to: string, attempt: Attempt) => string[],
  ): Contestant[] =>
    tool === undefined
      ? []
      : [
          {
            name: tool.name,
            command: attempt => tool.command(args(source(attempt), layout(attempt), attempt)),
            check: attempt => checkLayout(layout(attempt), pull.image),
          },
        ]
  return [
    ...stage.ladings.flatMap(lading => [
      ...peer(lading, (from, to) => ['copy', '--progress', 'none', `docker://${from}`, `oci:${to}:v1`]),
      {
        name: `${lading.name}, to a bucket`,
        command: (attempt: Attempt) => lading.command(pullToBucket(source(attempt), attempt.folder)),
        check: (attempt: Attempt) => checkBlobs(`${attempt.folder}/bucket`, pull.image),
      },
    ]),
    ...peer(stage.tool('skopeo'), (from, to) => [
      ...['--insecure-policy', 'copy', '--quiet', '--all', '--src-tls-verify=false'],
      ...[`docker://${from}`, `oci:${to}:v1`],
    ]),
    ...peer(stage.tool('crane'), (from, to) => ['pull', '--insecure', '--format=oci', from, to]),
    ...peer(stage.tool('oras'), (from, to) => [
      'cp',
      '--no-tty',
      '--from-plain-http',
      from,
      '--to-oci-layout',
      `${to}:v1`,
    ]),
    ...peer(stage.tool('regctl'), (from, to, attempt) => [
      ...['--host', `reg=${attempt.host('registry')},tls=disabled`],
      ...['image', 'copy', from, `ocidir://${to}:v1`],
    ]),
  ]
}

/** What lading is asked for, from a registry into the bucket `bucket` of a folder. */
export function pullToBucket(from: string, folder: string): string[] {
  return ['copy', '--progress', 'none', `docker://${from}`, `local://${folder}/bucket//app:v1`]
}
