import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { isLadingError, LadingError } from '../../errors/index.ts'
import { digestOf } from '../../model/digest.ts'
import { parseImageConfig } from '../../model/image-config.ts'
import { makeNamedPipe } from '../programs/named-pipe.ts'
import { programOutput, runProgram } from '../programs/run-program.ts'
import { formatContainersStorageReference } from './reference.ts'
import type { StorageTool, ToolSetting } from './storage-tool.ts'

/** skopeo(1). It starts itself again in a user namespace where it is not root. */
export function skopeoTool({ reference, program, environment, workFolder }: ToolSetting): StorageTool {
  const image = formatContainersStorageReference(reference)
  const run = (args: readonly string[], signal: AbortSignal | undefined) => ({
    program,
    args,
    environment,
    signal,
    explain: (complaint: string) => absent(complaint, image),
  })
  // Whether an image may be used is checked where it comes from: that it is in the storage says nothing.
  const copy = ['--insecure-policy', 'copy', '--quiet']
  return {
    async manifestDigest(signal) {
      try {
        return digestOf(await runProgram(run(['inspect', '--raw', image], signal)))
      } catch (error) {
        if (isLadingError(error, 'image-not-found')) return undefined
        throw error
      }
    },
    async describe(signal) {
      const config = await runProgram(run(['inspect', '--config', '--raw', image], signal))
      return { config: digestOf(config), diffIds: parseImageConfig(config).diffIds }
    },
    async *save(signal) {
      using output = await makeNamedPipe(join(workFolder, randomUUID()), environment)
      yield* programOutput({ ...run([...copy, image, `docker-archive:${output.path}`], signal), output })
    },
    async remove(signal) {
      await runProgram(run(['delete', image], signal))
    },
    async load(directory, signal) {
      await runProgram(run([...copy, '--preserve-digests', `dir:${directory}`, image], signal))
    },
  }
}

function absent(complaint: string, image: string): LadingError | undefined {
  if (!/does not resolve to an image ID|identifier is not an image|image not known/.test(complaint)) return undefined
  return new LadingError('image-not-found', `the storage has no such image`, { subject: image })
}
