import { parsePlatform } from '../../model/platform.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { argument, flag, list, optionalArgument, text } from '../options.ts'
import { systemOf, systemOptions } from '../platform-options.ts'
import { sharedOptions } from '../shared-options.ts'
import { runTransfer, transferJson, transferOptions } from '../transfer.ts'

export const pullCommand = defineCommand({
  description:
    "Of a multi-platform image this machine's platform is pulled; on macOS that is linux. An image that the daemon has under " +
    'that name already is not loaded again.',
  arguments: {
    bucket: argument('BUCKET-REF', 'The image to read: s3://, gs://, az:// or local://, with a tag or a digest.'),
    name: optionalArgument('TAG', 'What docker shall call it. Default: as the bucket does.'),
  },
  options: {
    platform: list(
      { value: 'OS/ARCH[/VARIANT]', description: "Pull this platform instead of this machine's." },
      parsePlatform,
    ),
    ...systemOptions,
    force: flag({ description: 'Load it even if the daemon has it.' }),
    ...transferOptions,
    daemonHost: text({ value: 'HOST', description: 'The Docker daemon, before DOCKER_HOST.' }),
    output: sharedOptions.output,
    ...cloudOptions,
  },
  examples: [
    { does: 'From a bucket into Docker', line: 'lading pull s3://images/app:v1' },
    { does: 'Under another name', line: 'lading pull local://./images/app:v1 app:test' },
    { does: 'Another platform', line: 'lading pull --platform linux/arm64 s3://images/app:v1 app:arm' },
  ],
  json: transferJson,

  async run(input, context) {
    const { platform, force } = input
    await runTransfer(input, context, options =>
      context.library.pullImage(input.bucket, input.name, {
        ...options,
        platforms: platform,
        ...systemOf(input),
        force,
        cloud: cloudOf(input),
        destinationDaemonHost: input.daemonHost,
      }),
    )
  },
})
