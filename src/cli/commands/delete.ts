import type { DeleteOptions, DeleteResult } from '../../copy/index.ts'
import { LadingError } from '../../errors/index.ts'
import { parseDigest } from '../../model/digest.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { writeJsonArray } from '../json-array.ts'
import { argument, flag, text } from '../options.ts'
import { printable, printableJson } from '../printable.ts'
import { serverOf } from '../read-server-options.ts'
import { serverOptions } from '../server-options.ts'
import { sharedOptions } from '../shared-options.ts'

export const deleteCommand = defineCommand({
  description:
    'In a bucket the tag is deleted, with its history and its signatures, and moved to the trash: `lading restore` brings it back. Blobs stay ' +
    'until `lading clean` removes what nothing needs, and so do tags of the form sha256-…, which belong to an image by its digest.\n\n' +
    'In a registry the manifest is deleted that the tag stands for, and every other tag of it goes with it; the registry frees the ' +
    'space when it collects what nothing names. In an OCI layout the entry goes, and the blobs that no other entry needs: nobody may ' +
    "copy into the layout meanwhile. In Docker and in containers' storage it is what `docker rmi`, `skopeo delete` or `podman image rm` does.\n\n" +
    'A dir: or an archive is deleted as the file or directory that it is.',
  arguments: {
    reference: argument('REF', 'The image; with --all-tags the name of an image in a bucket, without a tag.'),
  },
  options: {
    allTags: flag({
      description: 'Delete every tag of exactly this image in a bucket. Images below its name keep theirs.',
    }),
    dryRun: flag({ description: 'In a bucket: show what would be deleted, and delete nothing.' }),
    ifDigest: text({
      value: 'DIGEST',
      description: 'In a bucket: delete the tag only if it stands for this digest now.',
    }),
    force: flag({ description: 'Delete a tag that the bucket calls immutable.' }),
    noTrash: flag({ description: 'In a bucket: keep nothing in the trash. The tag cannot be restored.' }),
    ...serverOptions,
    output: sharedOptions.output,
    daemonHost: text({
      value: 'HOST',
      description:
        'The Docker daemon: unix://PATH, tcp://HOST (HTTPS) or http://HOST. Not given: as DOCKER_HOST and the context of docker say.',
    }),
    ...cloudOptions,
  },
  examples: [
    { does: 'A tag of a bucket', line: 'lading delete local://./images/app:v1' },
    { does: 'All tags of an image', line: 'lading delete --all-tags s3://images/team/app' },
    { does: 'A tag, and the image behind it', line: 'lading delete registry.example.com/app:v1' },
    { does: 'An image of an OCI layout, and its blobs', line: 'lading delete oci:./layout:v1' },
  ],
  json: {
    what: 'One object, and with --all-tags an array of such',
    fields: {
      reference: 'the image, its name written out',
      digest: 'the digest of what was deleted; absent where Docker or containers’ storage had it',
      inTrash: 'in a bucket: whether the tag can be restored',
      dryRun: 'true where nothing was deleted; else absent',
    } satisfies Record<keyof DeleteResult, string>,
  },

  async run({ reference, output, daemonHost, allTags, dryRun, ifDigest, force, noTrash, ...where }, context) {
    const { library, stdout, signal } = context
    const deletion: DeleteOptions = {
      ...(dryRun ? { dryRun } : {}),
      ...(force ? { force } : {}),
      ...(noTrash ? { keepTrash: false } : {}),
      cloud: cloudOf(where),
      signal,
    }
    if (allTags) {
      if (ifDigest !== undefined) throw oneTag()
      context.finishUnread?.()
      const deleted = library.deleteAllTags(reference, { ...deletion, ...defined({ tlsVerify: where.tlsVerify }) })
      if (output === 'json') return await writeJsonArray(deleted, stdout)
      let inTrash = false
      for await (const one of deleted) {
        stdout.write(deletedText(one))
        inTrash ||= one.inTrash ?? false
      }
      if (inTrash) stdout.write('bring one back with `lading restore`\n')
      return
    }
    const deleted = await library.deleteImage(reference, {
      ...deletion,
      ...defined({
        destinationDaemonHost: daemonHost,
        expect: ifDigest === undefined ? undefined : parseDigest(ifDigest),
      }),
      destinationServer: serverOf(where),
    })
    if (output === 'json') stdout.write(`${printableJson(deleted, 2)}\n`)
    else stdout.write(`${deletedText(deleted)}${howBack(deleted)}`)
  },
})

function deletedText({ reference, digest, dryRun }: DeleteResult): string {
  const done = dryRun ? 'would delete' : 'deleted'
  return `${done} ${printable(reference)}${digest === undefined ? '' : ` (${digest})`}\n`
}

/** A digest behind the tag was a condition; `restore` takes the tag alone. */
function howBack({ reference, inTrash }: DeleteResult): string {
  const tag = printable(reference.replace(/@sha\d+:[0-9a-f]+$/, ''))
  return inTrash ? `bring it back with \`lading restore ${tag}\`\n` : ''
}

function oneTag(): LadingError {
  return new LadingError('bad-argument', '--if-digest speaks of one tag, and --all-tags of all', {
    hint: 'leave one of them out',
  })
}
