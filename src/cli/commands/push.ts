import { LadingError } from '../../errors/index.ts'
import { parsePlatform } from '../../model/platform.ts'
import { cloudOf, cloudOptions, sidedCloudOptions } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { argument, choice, flag, list, text } from '../options.ts'
import { systemOf, systemOptions } from '../platform-options.ts'
import { sharedOptions } from '../shared-options.ts'
import { conditionOptions, expectation, runTransfer, transferJson, transferOptions } from '../transfer.ts'

export const pushCommand = defineCommand({
  description:
    'The daemon is asked what the image is made of first: layers that the bucket has are not compressed again, and of an image ' +
    'that it has whole nothing is read. Nothing is written to this disk. The tag is written last.\n\n' +
    'The same image gives the same digest, whoever pushes it into this bucket.',
  arguments: {
    image: argument('IMAGE', 'The image, as docker names it.'),
    bucket: argument('BUCKET-REF', 'Where to write it: s3://, gs://, az:// or local://, with a tag.'),
  },
  options: {
    platform: list(
      {
        value: 'OS/ARCH[/VARIANT]',
        description:
          "Push this platform, where the daemon has several of the image. Default: this machine's; on macOS that is linux.",
      },
      parsePlatform,
    ),
    allPlatforms: flag({
      description: "Push every platform that the daemon has: Docker's containerd image store can hold several.",
    }),
    compression: choice(['gzip', 'zstd', 'none'], {
      default: 'gzip',
      description: 'How layers are stored that the daemon has uncompressed. Docker 20.10 cannot load zstd.',
    }),
    ...systemOptions,
    force: flag({ description: 'Move a tag that the bucket calls immutable.' }),
    ...conditionOptions,
    ...transferOptions,
    daemonHost: text({ value: 'HOST', description: 'The Docker daemon, before DOCKER_HOST.' }),
    output: sharedOptions.output,
    ...cloudOptions,
    sse: sidedCloudOptions.sse,
    sseKmsKeyId: sidedCloudOptions.sseKmsKeyId,
  },
  examples: [
    { does: 'From Docker into a bucket', line: 'lading push app:v1 s3://images/app:v1' },
    { does: 'Into a bucket on disk', line: 'lading push app:v1 local://./images/app:v1' },
    {
      does: 'Every platform that the daemon has',
      line: 'lading push --all-platforms app:v1 s3://images/app:v1',
    },
  ],
  json: transferJson,

  async run(input, context) {
    const { platform, allPlatforms, compression, force, sse, sseKmsKeyId } = input
    if (allPlatforms && platform.length > 0) {
      throw new LadingError('bad-argument', '--all-platforms and --platform cannot be given together', {
        hint: 'each of them says which platforms are pushed: keep one',
      })
    }
    await runTransfer(input, context, options =>
      context.library.pushImage(input.image, input.bucket, {
        ...options,
        ...expectation(input),
        platforms: platform,
        ...systemOf(input),
        allPlatforms,
        compression,
        force,
        cloud: cloudOf(input),
        destinationCloud: defined({ sse, sseKmsKeyId }),
        sourceDaemonHost: input.daemonHost,
      }),
    )
  },
})
