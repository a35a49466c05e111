import type { DeleteResult } from '../../copy/index.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { argument, text } from '../options.ts'
import { printable, printableJson } from '../printable.ts'
import { serverOf } from '../read-server-options.ts'
import { serverOptions } from '../server-options.ts'
import { sharedOptions } from '../shared-options.ts'

export const deleteCommand = defineCommand({
  description:
    'In a registry the manifest is deleted that the tag stands for, and every other tag of it goes with it; the registry frees the ' +
    'space when it collects what nothing names. In an OCI layout the entry goes, and the blobs that no other entry needs: nobody may ' +
    "copy into the layout meanwhile. In Docker and in containers' storage it is what `docker rmi`, `skopeo delete` or `podman image rm` does.\n\n" +
    'A dir: or an archive is deleted as the file or directory that it is. Images of buckets cannot be deleted yet.',
  arguments: { reference: argument('REF', 'The image.') },
  options: {
    ...serverOptions,
    output: sharedOptions.output,
    daemonHost: text({
      value: 'HOST',
      description:
        'The Docker daemon: unix://PATH, tcp://HOST (HTTPS) or http://HOST. Not given: as DOCKER_HOST and the context of docker say.',
    }),
  },
  examples: [
    { does: 'A tag, and the image behind it', line: 'lading delete registry.example.com/app:v1' },
    { does: 'An image of an OCI layout, and its blobs', line: 'lading delete oci:./layout:v1' },
  ],
  json: {
    what: 'One object',
    fields: {
      reference: 'the image, its name written out',
      digest: 'the digest of what was deleted; absent where Docker or containers’ storage had it',
    } satisfies Record<keyof DeleteResult, string>,
  },

  async run({ reference, output, daemonHost, ...where }, { library, stdout, signal }) {
    const deleted = await library.deleteImage(reference, {
      ...defined({ destinationDaemonHost: daemonHost }),
      destinationServer: serverOf(where),
      signal,
    })
    if (output === 'json') stdout.write(`${printableJson(deleted, 2)}\n`)
    else
      stdout.write(
        `deleted ${printable(deleted.reference)}${deleted.digest === undefined ? '' : ` (${deleted.digest})`}\n`,
      )
  },
})
