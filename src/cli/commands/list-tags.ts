import { defineCommand } from '../command.ts'
import { argument } from '../options.ts'
import { printable, printableJson } from '../printable.ts'
import { serverOf } from '../read-server-options.ts'
import { serverOptions } from '../server-options.ts'
import { sharedOptions } from '../shared-options.ts'

export const listTagsCommand = defineCommand({
  description:
    'Prints one tag a line, in the order in which the registry gives them. Of an archive or an OCI layout it prints the names of ' +
    'its images. What a bucket holds is listed by `lading list`.',
  arguments: {
    repository: argument(
      'REPOSITORY',
      'A repository in a registry, or docker-archive:, oci: and oci-archive: with a path.',
    ),
  },
  options: { ...serverOptions, output: sharedOptions.output },
  examples: [
    { does: 'What Docker Hub has of an image', line: 'lading list-tags alpine' },
    { does: 'The names in an archive', line: 'lading list-tags docker-archive:images.tar' },
    { does: 'For a script', line: "lading list-tags --output json ghcr.io/org/app | jq -r '.tags[]'" },
  ],
  json: {
    what: 'One object',
    fields: { repository: 'the repository, its name written out', tags: 'an array of its tags' },
  },

  async run({ repository, output, ...where }, { library, stdout, signal }) {
    const options = { sourceServer: serverOf(where), signal }
    const tags = library.listTags(repository, options)
    if (output === 'text') {
      for await (const tag of tags) stdout.write(`${printable(tag)}\n`)
      return
    }
    const found: string[] = []
    for await (const tag of tags) found.push(tag)
    const { formatRepository, parseReference } = await import('../../transports/index.ts')
    stdout.write(`${printableJson({ repository: formatRepository(parseReference(repository)), tags: found }, 2)}\n`)
  },
})
