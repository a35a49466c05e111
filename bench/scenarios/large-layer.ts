import { link, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { digestOf } from '../../src/model/digest.ts'
import { ociManifest } from '../../src/model/media-types.ts'
import { startProcess } from '../../test/services/start-process.ts'
import type { Attempt, Contest, Contestant, Scenario, Tool } from '../scenario.ts'

export const largeLayer: Scenario = {
  letter: 'i',
  title: 'A layer of 10 GiB, from a registry to a disk and back',
  shows: 'how much memory that takes; the time is mostly that of the disk',
  sizes: { layerBytes: 10 * 1024 ** 3 },
  needs: [],
  async *contests(stage) {
    const bytes = stage.size('layerBytes')
    const program = path.join(import.meta.dirname, '../endless-registry.ts')
    await using server = await startProcess(process.execPath, [program, String(bytes)], /listens on (\S+) with (\S+)\n/)
    const [, host = '', hex = ''] = server.match
    const common: Omit<Contest, 'title' | 'contestants'> = {
      servers: { registry: { origin: `http://${host}` } },
      bytes,
      once: true,
    }
    const skopeo = stage.tool('skopeo')
    const quiet = ['--insecure-policy', 'copy', '--quiet']
    const source = (attempt: Attempt) => `docker://${attempt.host('registry')}/source:v1`
    yield {
      ...common,
      title: 'pulled',
      contestants: [
        ...stage.ladings.map(lading =>
          pulled(lading, 'bucket', (attempt, folder) => [
            'copy',
            '--progress',
            'none',
            source(attempt),
            `local://${folder}//app:v1`,
          ]),
        ),
        ...(skopeo
          ? [
              pulled(skopeo, 'layout', (attempt, to) => [
                ...quiet,
                '--preserve-digests',
                '--src-tls-verify=false',
                source(attempt),
                `oci:${to}:v1`,
              ]),
            ]
          : []),
      ],
    }
    // What is pushed is there once, and the layout of the peer shares it.
    const bucket = `${stage.diskFolder}/bucket`
    const layout = `${stage.diskFolder}/layout`
    const fill = ['copy', '--quiet', `docker://${host}/source:v1`, `local://${bucket}//app:v1`]
    await stage.run(stage.lading.command(fill))
    await layoutOf(bucket, layout)
    const target = (attempt: Attempt) => `docker://${attempt.host('registry')}/${attempt.id}:v1`
    yield {
      ...common,
      title: 'pushed',
      contestants: [
        ...stage.ladings.map(
          (each): Contestant => ({
            name: each.name,
            command: attempt =>
              each.command(['copy', '--progress', 'none', `local://${bucket}//app:v1`, target(attempt)]),
          }),
        ),
        ...(skopeo
          ? [
              {
                name: skopeo.name,
                command: (attempt: Attempt) =>
                  // it would compress what is not
                  skopeo.command([
                    ...quiet,
                    '--dest-tls-verify=false',
                    '--preserve-digests',
                    `oci:${layout}:v1`,
                    target(attempt),
                  ]),
              },
            ]
          : []),
      ],
    }

    function pulled(tool: Tool, name: string, words: (attempt: Attempt, folder: string) => string[]): Contestant {
      return {
        name: tool.name,
        command: attempt => tool.command(words(attempt, `${attempt.folder}/${name}`)),
        check: async ({ folder }) => {
          const { size } = await stat(`${folder}/${name}/blobs/sha256/${hex}`)
          if (size !== bytes) throw new Error(`the layer has ${size} bytes, not ${bytes}`)
        },
      }
    }
  },
}

/** An OCI layout with the one image of a bucket. */
async function layoutOf(bucket: string, layout: string): Promise<void> {
  await mkdir(`${layout}/blobs/sha256`, { recursive: true })
  for (const name of await readdir(`${bucket}/blobs/sha256`))
    await link(`${bucket}/blobs/sha256/${name}`, `${layout}/blobs/sha256/${name}`)
  const root = await readFile(`${bucket}/manifests/app/v1/manifest.json`)
  const digest = digestOf(root)
  await writeFile(`${layout}/blobs/sha256/${digest.slice(7)}`, root)
  const annotations = { 'org.opencontainers.image.ref.name': 'v1' }
  const manifests = [{ mediaType: ociManifest, digest, size: root.byteLength, annotations }]
  await writeFile(`${layout}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(`${layout}/index.json`, JSON.stringify({ schemaVersion: 2, manifests }))
}
