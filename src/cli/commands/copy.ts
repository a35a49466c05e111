import { cloudOf, cloudOptions, sidedCloudOptions, sidedCloudsOf } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { encryptionOf, encryptionOptions } from '../encryption-options.ts'
import { layerOptions, layersOf } from '../layer-options.ts'
import { argument, choice, count, flag, list, text } from '../options.ts'
import { platformOptions, platformsOf } from '../platform-options.ts'
import { sidedServersOf } from '../read-server-options.ts'
import { sequoiaOption } from '../sequoia-option.ts'
import { sidedServerOptions } from '../server-options.ts'
import { sharedOptions } from '../shared-options.ts'
import { signatureOptions, signaturesOf } from '../signature-options.ts'
import { conditionOptions, expectation, runTransfer, transferJson, transferOptions } from '../transfer.ts'

export const copyCommand = defineCommand({
  description:
    'Everything that is missing at DST is moved, checked against its digest on the way, and the name is written last: a run ' +
    'that fails or is interrupted leaves what was there before. Run again, it moves only what is still missing.\n\n' +
    "A multi-platform image is copied whole where DST can hold it, and else this machine's platform of it. --platform, --all and " +
    '--multi-arch say otherwise.',
  arguments: {
    source: argument('SRC', 'The image to read.'),
    destination: argument('DST', 'Where to write it, and under which name.'),
  },
  options: {
    ...platformOptions,
    force: flag({
      description: 'Move a tag that the bucket calls immutable, or replace the file of a docker-archive:.',
    }),
    ...conditionOptions,
    ...transferOptions,
    imageParallelCopies: count({
      value: 'N',
      default: undefined,
      least: 0,
      description: 'Another word for --jobs; 0 leaves the number to lading.',
    }),
    format: choice(['oci', 'v2s2', 'v2s1'], {
      short: 'f',
      default: undefined,
      description:
        "Write manifests in this format: OCI, or Docker's schema 2 or 1. Not given: as they are; where the registry refuses that, in the next that it takes.",
    }),
    preserveDigests: flag({ description: 'Fail where the destination would get another manifest than SRC has.' }),
    ...layerOptions,
    additionalTag: list(
      {
        value: 'NAME:TAG',
        description: 'Another name for the image, in docker-archive: and docker-daemon:. Give it again for several.',
      },
      word => word,
    ),
    srcDaemonHost: text({
      value: 'HOST',
      description:
        'The Docker daemon of SRC: unix://PATH, tcp://HOST (HTTPS) or http://HOST. Not given: as DOCKER_HOST and the context of docker say.',
    }),
    destDaemonHost: text({ value: 'HOST', description: 'The same for DST.' }),
    srcSharedBlobDir: text({
      value: 'DIR',
      description: "The folder that holds the blobs of SRC, an oci: layout, in the place of the layout's own.",
    }),
    destSharedBlobDir: text({
      value: 'DIR',
      description:
        'Write the blobs of DST, an oci: layout, to this folder and not into the layout: several layouts can share it.',
    }),
    createRepository: flag({
      description: 'Make the repository at DST where ECR has none of that name. Other registries do so by themselves.',
    }),
    ...sharedOptions,
    ...sidedServerOptions,
    ...encryptionOptions,
    ...signatureOptions,
    ...sequoiaOption,
    ...cloudOptions,
    ...sidedCloudOptions,
  },
  examples: [
    { does: 'From Docker Hub into a bucket on disk', line: 'lading copy alpine local://./images/alpine:latest' },
    {
      does: 'Two platforms of it',
      line: 'lading copy --platform linux/amd64,linux/arm64 alpine local://./images/alpine:small',
    },
    {
      does: "One platform, under the index's own digest",
      line: 'lading copy --sparse-index --platform linux/amd64 alpine oci:./layout:alpine',
    },
    { does: 'From a bucket to a registry', line: 'lading copy local://./images/app:v1 ghcr.io/org/app:v1' },
    {
      does: 'From a registry into a bucket that Ceph, MinIO or R2 keeps',
      line: 'lading copy --endpoint https://s3.example.com ghcr.io/org/app:v1 s3://images/app:v1',
    },
    { does: 'See what would move', line: 'lading copy --dry-run oci:./layout:v1 registry.example.com/app:v1' },
  ],
  json: transferJson,

  async run(input, context) {
    const chosen = platformsOf(input)
    const { force, createRepository, additionalTag } = input
    await runTransfer(input, context, options =>
      context.library.copyImage(input.source, input.destination, {
        ...options,
        ...chosen,
        ...expectation(input),
        ...layersOf(input),
        ...encryptionOf(input),
        ...signaturesOf(input, context),
        preserveDigests: input.preserveDigests,
        force,
        createRepository,
        additionalTags: additionalTag,
        cloud: cloudOf(input),
        ...sidedCloudsOf(input),
        ...sidedServersOf(input),
        ...defined({
          authFile: input.authfile,
          tlsVerify: input.tlsVerify,
          format: input.format,
          sourceDaemonHost: input.srcDaemonHost,
          destinationDaemonHost: input.destDaemonHost,
          sourceSharedBlobDir: input.srcSharedBlobDir || undefined,
          destinationSharedBlobDir: input.destSharedBlobDir || undefined,
        }),
      }),
    )
  },
})
