import type { ImageDescription, PlatformDescription, SessionOptions } from '../../../copy/index.ts'
import { isLadingError, LadingError } from '../../../errors/index.ts'
import { goJson } from '../../../model/go-json.ts'
import { formatPlatform, hostPlatform, type Platform } from '../../../model/platform.ts'
import { platformRank } from '../../../model/platform-rank.ts'
import { defineCommand } from '../../command.ts'
import type { CommandContext } from '../../context.ts'
import { defined } from '../../defined.ts'
import { argument, flag, text } from '../../options.ts'
import { serverOf } from '../../read-server-options.ts'
import { serverOptions } from '../../server-options.ts'
import type { GoStruct } from '../go-template/go-value.ts'
import { logLine } from '../log-line.ts'
import { skopeoGlobals } from './globals.ts'
import { transportOfImage } from './image-name.ts'
import { configFields, inspectFields } from './inspect-fields.ts'
import { requestRetriesOf, retryOptions } from './retry-options.ts'
import { sessionOf } from './session.ts'

/** `skopeo inspect`. */
export const skopeoInspect = defineCommand({
  description: '',
  examples: [],
  arguments: { reference: argument('IMAGE-NAME', '') },
  options: {
    ...skopeoGlobals,
    ...serverOptions,
    ...retryOptions,
    config: flag({ description: 'print the configuration of the image' }),
    daemonHost: text({ value: 'HOST', description: 'the Docker daemon' }),
    format: text({ short: 'f', value: 'string', description: 'print what this template of Go makes of it' }),
    noTags: flag({ short: 'n', description: 'do not list the tags of the repository' }),
    raw: flag({ description: 'print the manifest, or with --config the configuration, as it is stored' }),
    sharedBlobDir: text({ value: 'DIRECTORY', description: 'the blobs of an oci: layout, in the place of its own' }),
  },

  async run(input, context) {
    const { reference, raw, config, format = '' } = input
    const { stdout, library } = context
    if (raw && format !== '') throw new LadingError('bad-argument', 'raw output does not support format option')
    const transport = transportOfImage(reference, `Error parsing image name ${JSON.stringify(reference)}`)
    const options: SessionOptions = {
      ...sessionOf(input, context),
      sourceServer: serverOf(input),
      // skopeo looks at any image
      policy: 'accept-anything',
      ...requestRetriesOf(input),
      ...defined({ sourceDaemonHost: input.daemonHost, sourceSharedBlobDir: input.sharedBlobDir }),
    }
    const image = await library.inspectImage(reference, options)
    if (raw && !config) {
      stdout.write(image.raw)
      return
    }
    const one = oneOf(image, options.system ?? hostPlatform())
    if (raw) {
      stdout.write(configOf(one, image))
      return
    }
    if (config) {
      stdout.write(await rendered(configFields(configOf(one, image)), format))
      return
    }
    const isRegistry = transport === 'docker'
    const { formatRepository, parseReference } = await import('../../../transports/index.ts')
    const name = isRegistry ? formatRepository(parseReference(reference)) : ''
    const tags = isRegistry && !input.noTags ? await tagsOf(`docker://${name}`) : []
    stdout.write(await rendered(inspectFields(image, one, { name, tags }), format))

    /** A registry may keep its tags to itself: the image is shown all the same. */
    async function tagsOf(repository: string): Promise<string[]> {
      try {
        return await Array.fromAsync(library.listTags(repository, options))
      } catch (error) {
        if (!isLadingError(error, 'denied', 'unauthorized')) throw error
        warn(`Registry disallows tag list retrieval: ${error.message}`, context)
        return []
      }
    }
  },
})

async function rendered(value: GoStruct, format: string): Promise<string> {
  if (format === '' || format === 'json') return `${goJson(value, 4)}\n`
  if (format.startsWith('table ')) throw new LadingError('unsupported', '--format table is not there yet')
  const { runTemplate } = await import('../go-template/run-template.ts')
  const text = runTemplate(format.replaceAll('\\t', '\t').replaceAll('\\n', '\n'), value)
  return text.endsWith('\n') ? text : `${text}\n`
}

/** The image itself, or of an index the one that runs best on the system. */
function oneOf(image: ImageDescription, system: Platform): PlatformDescription {
  const [only] = image.platforms
  if (image.kind === 'manifest' && only !== undefined) return only
  const found = image.platforms
    .map(one => ({ one, rank: rankOf(one, system) }))
    .filter(({ rank }) => rank !== undefined)
    .toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0))[0]?.one
  if (found !== undefined && found.problem === undefined) return found
  throw new LadingError('platform-not-found', found?.problem ?? `there is none for ${formatPlatform(system)}`, {
    operation: 'inspect',
    subject: image.reference,
    hint: `the image is for ${image.platforms.flatMap(one => one.platform ?? []).join(', ')}`,
  })
}

function rankOf({ platform = '', attestationFor }: PlatformDescription, system: Platform): number | undefined {
  if (attestationFor !== undefined) return undefined
  const [os = '', architecture = '', variant = ''] = platform.split('/')
  return platformRank(system, { os, architecture, variant }, 'compatible')
}

function configOf(one: PlatformDescription, { reference }: ImageDescription): Uint8Array {
  if (one.configBytes !== undefined) return one.configBytes
  throw new LadingError('unsupported', 'it has no image configuration', {
    operation: 'inspect',
    subject: reference,
    hint: '--raw prints its manifest',
  })
}

function warn(message: string, { stderr }: CommandContext): void {
  stderr.write(logLine({ level: 'warning', message }, stderr))
}
