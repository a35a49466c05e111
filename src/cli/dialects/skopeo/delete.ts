import { defineCommand } from '../../command.ts'
import { defined } from '../../defined.ts'
import { argument, text } from '../../options.ts'
import { serverOf } from '../../read-server-options.ts'
import { serverOptions } from '../../server-options.ts'
import { skopeoGlobals } from './globals.ts'
import { transportOfImage } from './image-name.ts'
import { requestRetriesOf, retryOptions } from './retry-options.ts'
import { sessionOf } from './session.ts'

/** `skopeo delete`: it says nothing where it succeeds. */
export const skopeoDelete = defineCommand({
  description: '',
  examples: [],
  arguments: { reference: argument('IMAGE-NAME', '') },
  options: {
    ...skopeoGlobals,
    ...serverOptions,
    ...retryOptions,
    daemonHost: text({ value: 'HOST', description: 'the Docker daemon' }),
    sharedBlobDir: text({ value: 'DIRECTORY', description: 'the blobs of an oci: layout, in the place of its own' }),
  },

  async run(input, context) {
    const { reference, daemonHost } = input
    transportOfImage(reference, `Invalid source name ${reference}`)
    await context.library.deleteImage(reference, {
      ...sessionOf(input, context),
      destinationServer: serverOf(input),
      ...requestRetriesOf(input),
      ...defined({ destinationDaemonHost: daemonHost, destinationSharedBlobDir: input.sharedBlobDir }),
    })
  },
})
