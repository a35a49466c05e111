import type { ImageDescription, PlatformDescription } from '../../copy/index.ts'
import { LadingError } from '../../errors/index.ts'
import { formatPlatform, hostPlatform, type Platform, platformMatches } from '../../model/platform.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { argument, flag, text } from '../options.ts'
import { systemOf, systemOptions } from '../platform-options.ts'
import { printableJson } from '../printable.ts'
import { serverOf } from '../read-server-options.ts'
import { serverOptions } from '../server-options.ts'
import { sharedOptions } from '../shared-options.ts'
import { inspectText } from './inspect-text.ts'

export const inspectCommand = defineCommand({
  description:
    'Reads the manifests and the configurations, and no layer. An index is shown platform by platform, and its attestation ' +
    'manifests as what they are.',
  arguments: { reference: argument('REF', 'The image.') },
  options: {
    raw: flag({ description: 'Print the exact bytes of the manifest or index that REF names.' }),
    config: flag({
      description:
        "Print the exact bytes of the image's configuration; of a multi-platform image, that of this system's platform.",
    }),
    noReferrers: flag({ description: 'Do not look for what is attached to the image.' }),
    ...systemOptions,
    sharedBlobDir: text({
      value: 'DIR',
      description: "The folder that holds the blobs of an oci: layout, in the place of the layout's own.",
    }),
    ...serverOptions,
    output: sharedOptions.output,
    ...cloudOptions,
  },
  examples: [
    { does: 'What Docker Hub has under a name', line: 'lading inspect alpine' },
    { does: 'The digest alone', line: 'lading inspect --output json local://./images/app:v1 | jq -r .digest' },
    { does: 'The index as it is stored', line: 'lading inspect --raw oci:./layout:v1' },
  ],
  json: {
    what: 'One object',
    fields: {
      reference: 'the image, its name written out',
      digest: 'the digest of its root',
      mediaType: 'the media type of its root',
      size: 'the bytes of its root',
      kind: '`index` or `manifest`',
      artifactType: 'what kind of artifact it is, where it says so',
      annotations: "the root's annotations",
      policy:
        'what the trust policy says of the image, where there is one: `file`, `scopes` (what of it decides), `requirements` (their types), ' +
        '`met` (whether all of the image may be copied), and `problem` where it may not or that cannot be told',
      platforms:
        'an array, one element for each manifest: `platform`, `digest`, `mediaType`, `size` (the bytes of config and ' +
        'layers), `layers` (`digest`, `mediaType`, `size`, `annotations`), `config` (`digest`, `size`, `platform`, `created`, `author`, `env`, ' +
        '`entrypoint`, `command`, `workingDir`, `user`, `labels`, `exposedPorts`, `diffIds`), `artifactType`, `problem` ' +
        'where it could not be read whole, and for an attestation `attestationFor`, the digest of the manifest that it is about',
      attached:
        'an array of what is attached to it, to its manifests, and to that: `subject`, `kind` (`signature`, `attestation`, `sbom` or `other`: what it ' +
        'says that it is), `digest`, `mediaType`, `size`, `artifactType`, and `tag` where it is attached by one',
      attachedProblem: 'why more may be attached; absent where all of it was seen',
    } satisfies Record<Exclude<keyof ImageDescription, 'raw'>, string>,
  },

  async run({ reference, raw, config, noReferrers, output, sharedBlobDir, ...where }, { library, stdout, signal }) {
    const chosen = systemOf(where)
    const image = await library.inspectImage(reference, {
      ...chosen,
      ...(raw || config ? { policy: 'accept-anything' } : {}),
      ...defined({ sourceSharedBlobDir: sharedBlobDir }),
      sourceServer: serverOf(where),
      cloud: cloudOf(where),
      referrers: !(noReferrers || raw || config),
      signal,
    })
    if (config) stdout.write(configBytes(image, chosen.system ?? hostPlatform()))
    else if (raw) stdout.write(image.raw)
    else stdout.write(output === 'json' ? inspectJson(image) : inspectText(image))
  },
})

function inspectJson(image: ImageDescription): string {
  const { raw: _, platforms, ...root } = image
  const manifests = platforms.map(({ configBytes: _, ...manifest }) => manifest)
  return `${printableJson({ ...root, platforms: manifests }, 2)}\n`
}

function configBytes(image: ImageDescription, system: Platform): Uint8Array {
  const images = image.platforms.filter(one => one.configBytes !== undefined)
  const [only, ...others] = images
  const found = image.kind === 'manifest' || others.length === 0 ? only : images.find(one => isFor(system, one))
  if (found?.configBytes !== undefined) return found.configBytes
  if (only === undefined) {
    throw new LadingError('unsupported', 'it has no image configuration', {
      operation: 'inspect',
      subject: image.reference,
      hint: '--raw prints its manifest',
    })
  }
  throw new LadingError('platform-not-found', `there is none for ${formatPlatform(system)}`, {
    operation: 'inspect',
    subject: image.reference,
    hint: `inspect one by its digest: ${images.map(one => `${one.platform} is ${one.digest}`).join(', ')}`,
  })
}

/** Not read by parsePlatform, which refuses what a user may not type: an image may say anything. */
function isFor(system: Platform, { platform = '' }: PlatformDescription): boolean {
  const [os = '', architecture = '', variant = ''] = platform.split('/')
  return platformMatches(system, { os, architecture, variant })
}
