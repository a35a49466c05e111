import type { CopyOptions } from '../../../copy/index.ts'
import { LadingError } from '../../../errors/index.ts'
import { defineCommand } from '../../command.ts'
import type { CommandContext } from '../../context.ts'
import { defined } from '../../defined.ts'
import { layerOptions } from '../../layer-options.ts'
import { argument, choice, count, flag, list, text } from '../../options.ts'
import { sidedServersOf } from '../../read-server-options.ts'
import { sequoiaOption } from '../../sequoia-option.ts'
import { sidedServerOptions } from '../../server-options.ts'
import { sharedOptions } from '../../shared-options.ts'
import { signaturesOf } from '../../signature-options.ts'
import { writeDigestFile } from '../../write-digest-file.ts'
import { openCopyOutput } from './copy-output.ts'
import { encryptionOptions, skopeoEncryption } from './encryption-options.ts'
import { skopeoGlobals } from './globals.ts'
import { transportOfImage } from './image-name.ts'
import { skopeoLayers } from './layers.ts'
import { requiredPolicy } from './required-policy.ts'
import { retriesOf, retryOptions } from './retry-options.ts'
import { sessionOf } from './session.ts'
import { signatureOptions } from './signature-options.ts'

const words = (word: string) => word

/** `skopeo copy`: lading's copy, with skopeo's defaults. */
export const skopeoCopy = defineCommand({
  description: '',
  examples: [],
  arguments: {
    source: argument('SOURCE-IMAGE', ''),
    destination: argument('DESTINATION-IMAGE', ''),
  },
  options: {
    ...skopeoGlobals,
    ...sidedServerOptions,
    ...layerOptions,
    ...retryOptions,
    ...signatureOptions,
    ...sequoiaOption,
    ...encryptionOptions,
    additionalTag: list({ value: 'strings', description: 'another name for the image (docker-archive:)' }, words),
    all: flag({ short: 'a', description: 'copy all images of a list' }),
    authfile: sharedOptions.authfile,
    destDaemonHost: text({ value: 'HOST', description: 'the Docker daemon of the destination' }),
    destSharedBlobDir: text({
      value: 'DIRECTORY',
      description: 'the blobs of an oci: layout, in the place of its own',
    }),
    digestfile: text({ value: 'string', description: 'write the digest of the image to this file' }),
    format: choice(['oci', 'v2s1', 'v2s2'], {
      short: 'f',
      default: undefined,
      description: 'the type of the manifest; not given: that of the source, or another one that the destination takes',
    }),
    imageParallelCopies: count({
      value: 'uint',
      default: 6,
      least: 0,
      description: 'how many layers are copied at a time',
    }),
    multiArch: text({ value: 'string', description: 'what to copy of a list: system, all or index-only' }),
    preserveDigests: flag({ description: 'fail where a digest would change' }),
    quiet: flag({ short: 'q', description: 'write nothing but errors' }),
    signIdentity: text({
      value: 'string',
      description: 'sign it for this name; not given: for that of the destination',
    }),
    srcDaemonHost: text({ value: 'HOST', description: 'the Docker daemon of the source' }),
    srcSharedBlobDir: text({ value: 'DIRECTORY', description: 'the blobs of an oci: layout, in the place of its own' }),
  },

  async run(input, context) {
    const { source, destination, additionalTag, preserveDigests } = input
    const policy = await requiredPolicy(input, context)
    const sourceTransport = transportOfImage(source, `Invalid source name ${source}`)
    const transport = transportOfImage(destination, `Invalid destination name ${destination}`)
    const platforms = wantedPlatforms(input)
    const layers = skopeoLayers(input, transport)
    const servers = sidedServersOf(input)
    const encryption = skopeoEncryption(input)
    if (transport === 'docker-archive') await refuseExisting(destination)
    const output = input.quiet ? undefined : openCopyOutput(await outputFor(destination, context))
    const result = await context.library.copyImage(source, destination, {
      ...sessionOf(input, context),
      referrers: false,
      ...layers,
      ...signaturesOf(input, context),
      requireSignatures: true,
      sigstoreAttachments: 'configured',
      ...servers,
      ...platforms,
      policy,
      ...encryption,
      preserveDigests,
      additionalTags: additionalTag,
      jobs: input.imageParallelCopies || 6,
      ...retriesOf(input),
      ...defined({
        sourceSharedBlobDir: input.srcSharedBlobDir,
        destinationSharedBlobDir: input.destSharedBlobDir,
        authFile: input.authfile,
        format: input.format ?? formatFor(sourceTransport, transport, { ...layers, ...encryption, preserveDigests }),
        sourceDaemonHost: input.srcDaemonHost,
        destinationDaemonHost: input.destDaemonHost,
        onEvent: output?.onEvent,
      }),
    })
    output?.end(result)
    if (input.digestfile !== undefined) await writeDigestFile(input.digestfile, result.digest)
  },
})

/**
 * What skopeo writes where no format is named. A layout gets OCI. Docker's own places keep no manifest: skopeo makes one of Docker's
 * of what they hold, lading one of OCI, and zstd has a name there alone.
 */
function formatFor(
  source: string,
  destination: string,
  {
    compression,
    encryptionKeys,
    preserveDigests,
  }: Pick<CopyOptions, 'compression' | 'encryptionKeys' | 'preserveDigests'>,
): 'oci' | 'v2s2' | undefined {
  if (preserveDigests) return undefined
  if (destination === 'oci' || destination === 'oci-archive' || encryptionKeys !== undefined) return 'oci'
  if (source !== 'docker-archive' && source !== 'docker-daemon') return undefined
  if (destination !== 'docker' && destination !== 'dir') return undefined
  return compression?.startsWith('zstd') ? 'oci' : 'v2s2'
}

/** skopeo adds to no archive, not even what it holds already. @throws LadingError `tag-exists` */
async function refuseExisting(destination: string): Promise<void> {
  const [, path = ''] = destination.split(':')
  const { stat } = await import('node:fs/promises')
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || !found.isFile() || found.size === 0) return
  throw new LadingError('tag-exists', "docker-archive doesn't support modifying existing images", {
    operation: 'initializing destination',
    subject: destination,
    hint: 'remove the file, or write to another one',
  })
}

/** @throws LadingError `bad-argument` */
function wantedPlatforms({
  all,
  multiArch = '',
}: {
  readonly all: boolean
  readonly multiArch: string | undefined
}): Pick<CopyOptions, 'allPlatforms' | 'onePlatform' | 'index'> {
  if (all && multiArch !== '') throw new LadingError('bad-argument', 'Cannot use --all and --multi-arch flags together')
  if (all || multiArch === 'all') return { allPlatforms: true }
  if (multiArch === '' || multiArch === 'system') return { onePlatform: true }
  if (multiArch === 'index-only') return { index: 'alone' }
  throw new LadingError(
    'bad-argument',
    `unknown multi-arch option ${JSON.stringify(multiArch)}. Choose one of the supported options: 'system', 'all', or 'index-only'`,
  )
}

/** An image that goes to stdout has it for itself. */
async function outputFor(destination: string, { stdout, stderr }: CommandContext) {
  const { writesStandardOutput } = await import('../../../transports/index.ts')
  return { stdout: writesStandardOutput(destination) ? stderr : stdout, stderr }
}
