import type { SbomResult } from '../../scan/index.ts'
import { madeFormats } from '../../scan/sbom/sbom-format.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { argument, choice, flag } from '../options.ts'
import { printable, printableJson } from '../printable.ts'
import { openBrokenProgress } from '../progress/broken-progress.ts'
import { progressModes } from '../progress/open-progress.ts'
import { serverOf } from '../read-server-options.ts'
import { onePlatform, onePlatformOption, trivyOf, trivyOptions } from '../scanner-options.ts'
import { serverOptions } from '../server-options.ts'
import { sharedOptions } from '../shared-options.ts'

export const sbomCommand = defineCommand({
  description:
    'Prints the software bill of materials that is attached to the image: by BuildKit in its index, as a referrer, or by the tags of cosign. Where there is ' +
    'none, Trivy or Syft makes one, as for `lading scan`. Where it comes from is said on stderr.\n\n' +
    'An attached one must say that it is about this image. Who attached it is not checked.',
  arguments: { reference: argument('REF', 'The image.') },
  options: {
    format: choice(madeFormats, {
      default: undefined,
      description: 'What it must be written in. Not given: whatever is attached, and spdx-json where it is made.',
    }),
    generate: flag({ description: 'Make one, whatever is attached.' }),
    with: choice(['trivy', 'syft'], {
      default: undefined,
      description: 'What makes it. Not given: trivy, and syft where that alone is installed.',
    }),
    ...onePlatformOption,
    ...trivyOptions,
    quiet: flag({ short: 'q', description: 'Print the bill of materials and errors, and nothing else.' }),
    progress: choice(progressModes, {
      default: 'auto',
      description: 'The form of the progress on stderr, as for `lading copy`.',
    }),
    ...serverOptions,
    output: sharedOptions.output,
    ...cloudOptions,
  },
  examples: [
    { does: 'Of an image in a registry', line: 'lading sbom ghcr.io/org/app:v1 > app.spdx.json' },
    { does: 'Made anew, in CycloneDX', line: 'lading sbom --generate --format cyclonedx-json local://./images/app:v1' },
    { does: 'Where it comes from', line: 'lading sbom --output json local://./images/app:v1 | jq .attached,.madeBy' },
  ],
  json: {
    what: 'One object',
    fields: {
      reference: 'the image, its name written out',
      digest: 'the digest of the manifest that it is of',
      platforms: 'its platform, where the image was chosen from several',
      format: '`spdx-json`, `cyclonedx-json`, `spdx` or `syft-json`',
      attached:
        'where it was found: `by` (referrer, tag or index), `subject` (the digest that it is attached to), `digest` (of the manifest that holds it), `tag`',
      madeBy: '`name`, `path` and `version` of what made it, where none was found',
      sbom: 'the document, as one text',
    } satisfies Record<keyof SbomResult, string>,
  },

  async run({ reference, format, generate, with: tool, platform, output, quiet, progress: mode, ...where }, context) {
    const { library, stdout, stderr, signal } = context
    const progress = openBrokenProgress(quiet ? 'none' : mode, context)
    const say = (line: string) => {
      progress.close()
      stderr.write(`${printable(line)}\n`)
    }
    let result: SbomResult
    try {
      result = await library.imageSbom(reference, {
        generate,
        ...defined({ format, tool, platform: onePlatform(platform) }),
        ...trivyOf(where, context, progress, quiet ? undefined : say),
        ...(quiet ? {} : { onLine: say }),
        onEvent: progress.onEvent,
        sourceServer: serverOf(where),
        cloud: cloudOf(where),
        signal,
      })
    } finally {
      progress.close()
    }
    if (!quiet) say(originText(result))
    if (output === 'text') stdout.write(result.sbom)
    else stdout.write(`${printableJson({ ...result, sbom: Buffer.from(result.sbom).toString('utf8') }, 2)}\n`)
  },
})

function originText({ format, attached, madeBy }: SbomResult): string {
  if (attached === undefined) return `${format}, made by ${madeBy?.name} ${madeBy?.version ?? ''}`.trim()
  const { by, subject, digest, tag } = attached
  const place = { index: `beside ${subject} in its index`, referrer: `attached to ${subject}`, tag: `the tag ${tag}` }[
    by
  ]
  return `${format}, ${place} (${digest}); who attached it was not checked`
}
