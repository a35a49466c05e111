import { LadingError } from '../../../errors/index.ts'
import { goJson } from '../../../model/go-json.ts'
import { defineCommand } from '../../command.ts'
import { argument } from '../../options.ts'
import { serverOf } from '../../read-server-options.ts'
import { serverOptions } from '../../server-options.ts'
import { skopeoGlobals } from './globals.ts'
import { requestRetriesOf, retryOptions } from './retry-options.ts'
import { sessionOf } from './session.ts'

/** `skopeo list-tags`. */
export const skopeoListTags = defineCommand({
  description: '',
  examples: [],
  arguments: { repository: argument('SOURCE-IMAGE', '') },
  options: { ...skopeoGlobals, ...serverOptions, ...retryOptions },

  async run(input, context) {
    const { repository } = input
    const isRegistry = checkRepository(repository)
    const tags = await Array.fromAsync(
      context.library.listTags(repository, {
        ...sessionOf(input, context),
        ...requestRetriesOf(input),
        sourceServer: serverOf(input),
      }),
    )
    const { formatRepository, parseReference } = await import('../../../transports/index.ts')
    const name = isRegistry ? { Repository: formatRepository(parseReference(repository)) } : {}
    context.stdout.write(`${goJson({ ...name, Tags: tags }, 4)}\n`)
  },
})

/** @returns whether it is in a registry @throws LadingError `bad-reference` */
function checkRepository(repository: string): boolean {
  const [transport = '', ...rest] = repository.split(':')
  if (rest.length === 0) {
    throw new LadingError('bad-reference', `Invalid ${JSON.stringify(repository)}: does not specify a transport`)
  }
  if (transport !== 'docker' && transport !== 'docker-archive') {
    throw new LadingError(
      'bad-reference',
      `Unsupported transport '${transport}' for tag listing. Only supported: docker, docker-archive`,
    )
  }
  if (transport === 'docker' && /:[^/]*$|@/.test(repository.slice('docker://'.length).replace(/^[^/]*\//, '/'))) {
    throw new LadingError('bad-reference', 'No tag or digest allowed in reference')
  }
  return transport === 'docker'
}
