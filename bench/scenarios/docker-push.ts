import { readdir, rm, stat } from 'node:fs/promises'
import { engineRefusal } from '../../test/services/engine-refusal.ts'
import { findService } from '../../test/services/peer.ts'
import { startDocker } from '../../test/services/start-docker.ts'
import { type RegistryServer, startRegistry } from '../../test/services/start-registry.ts'
import { realContent } from '../real-content.ts'
import type { Attempt, Command, Contestant, Scenario } from '../scenario.ts'
import { writeBenchImage } from '../write-bench-image.ts'

export const dockerPush: Scenario = {
  letter: 'g',
  title: 'From Docker, which keeps layers uncompressed',
  shows: 'what it takes to compress an image that a daemon gives',
  sizes: { layers: 4, layerBytes: 250_000_000 },
  fixed: ['layers'],
  needs: ['docker-registry'],
  unavailable: () =>
    findService('docker20/bin/dockerd') === undefined && findService('docker28/bin/dockerd') === undefined
      ? 'needs dockerd: npm run services installs it'
      : engineRefusal(),
  async *contests(stage) {
    const old = findService('docker20/bin/dockerd') !== undefined
    await using docker = await startDocker(old ? { version: '20.10' } : { version: '28', store: 'docker' })
    const bytes = stage.size('layers') * stage.size('layerBytes')
    const recipe = { layers: stage.size('layers'), layerBytes: stage.size('layerBytes') }
    const image = await writeBenchImage(`${stage.folder}/image`, { ...recipe, form: 'tar', content: realContent() })
    const load = ['copy', '--quiet', '--dest-daemon-host', docker.host, `oci:${image.layout}:v1`, 'docker-daemon:big:1']
    await stage.run(stage.lading.command(load))
    await rm(image.layout, { recursive: true })

    // Docker remembers what a registry has, and does not compress that again: each run has a registry of its own.
    const registries = new Map<string, RegistryServer>()
    const to = ({ id }: Attempt) => `${registries.get(id)?.host}/big:1`
    const pushed = (name: string, command: (attempt: Attempt) => Command): Contestant => ({
      name,
      before: async attempt => {
        registries.set(attempt.id, await startRegistry())
        if (name === 'docker push') await docker.client(['tag', 'big:1', to(attempt)])
      },
      command,
      storedBytes: async attempt => await layerBytesAt(registries.get(attempt.id)?.url ?? ''),
      after: async ({ id }) => {
        await registries.get(id)?.stop()
        registries.delete(id)
      },
    })
    const client = `${docker.programs}/docker`
    const env = { PATH: `${docker.programs}:${process.env.PATH}`, HOME: stage.folder, DOCKER_HOST: docker.host }
    const skopeo = stage.tool('skopeo')
    const source = ['--src-daemon-host', docker.host, 'docker-daemon:big:1']
    yield {
      title: 'to a registry, and by lading also to a bucket',
      servers: {},
      bytes,
      daemon: { name: 'dockerd', pid: docker.pid },
      contestants: [
        ...stage.ladings.flatMap((each): Contestant[] => [
          pushed(each.name, attempt =>
            each.command(['copy', '--progress', 'none', ...source, `docker://${to(attempt)}`]),
          ),
          {
            name: `${each.name}, to a bucket`,
            command: ({ folder }) =>
              each.command(['copy', '--progress', 'none', ...source, `local://${folder}/bucket//big:1`]),
            storedBytes: async ({ folder }) => await bytesBelow(`${folder}/bucket/blobs/sha256`),
          },
        ]),
        pushed('docker push', attempt => ({ program: client, args: ['push', '--quiet', to(attempt)], env })),
        ...(skopeo === undefined
          ? []
          : [
              pushed('skopeo', attempt =>
                skopeo.command([
                  ...['--insecure-policy', 'copy', '--quiet', '--dest-tls-verify=false', ...source],
                  `docker://${to(attempt)}`,
                ]),
              ),
            ]),
      ],
    }
  },
}

/** @throws Error where the registry does not have the image */
async function layerBytesAt(url: string): Promise<number> {
  const accept = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'
  const answer = await fetch(`${url}/v2/big/manifests/1`, { headers: { accept } })
  const manifest: unknown = await answer.json()
  if (typeof manifest !== 'object' || manifest === null || !('layers' in manifest) || !Array.isArray(manifest.layers))
    throw new Error(`the registry has no such image: ${JSON.stringify(manifest)}`)
  return manifest.layers.reduce((sum, { size }) => sum + size, 0)
}

async function bytesBelow(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map(async name => (await stat(`${folder}/${name}`)).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
