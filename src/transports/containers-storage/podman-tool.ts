import { isLadingError, LadingError } from '../../errors/index.ts'
import { type Digest, isDigest } from '../../model/digest.ts'
import { programOutput, runProgram } from '../programs/run-program.ts'
import { formatRegistryReference, parseRegistryReference } from '../registry/reference.ts'
import { formatContainersStorageReference, parseStorageLocation, splitImageId } from './reference.ts'
import type { StorageTool, ToolSetting } from './storage-tool.ts'

/** podman(1), for where skopeo is not installed. */
export function podmanTool({ reference, program, environment }: ToolSetting): StorageTool {
  const { name, id } = splitImageId(reference.image)
  // podman finds images of other hosts under a short name too.
  const fullName = name === undefined ? undefined : formatRegistryReference(parseRegistryReference(name))
  const image = id ?? fullName ?? reference.image
  const run = (args: readonly string[], signal: AbortSignal | undefined) => ({
    program,
    args: [...storageFlags(reference.storage), ...args],
    environment,
    signal,
    explain(complaint: string) {
      if (!/image not known|no such image/.test(complaint)) return undefined
      return new LadingError('image-not-found', 'the storage has no such image', {
        subject: formatContainersStorageReference(reference),
      })
    },
  })
  const inspect = async (format: string, signal: AbortSignal | undefined): Promise<string> =>
    text(await runProgram(run(['image', 'inspect', '--format', format, image], signal)))
  return {
    async manifestDigest(signal) {
      try {
        return asDigest(await inspect('{{.Digest}}', signal))
      } catch (error) {
        if (isLadingError(error, 'image-not-found')) return undefined
        throw error
      }
    },
    async describe(signal) {
      const [config = '', ...layers] = (await inspect('{{.Id}}{{range .RootFS.Layers}} {{.}}{{end}}', signal)).split(
        ' ',
      )
      return { config: asDigest(`sha256:${config}`), diffIds: layers.map(asDigest) }
    },
    save: signal => programOutput(run(['save', '--quiet', '--format', 'docker-archive', image], signal)),
    async remove(signal) {
      await runProgram(run(['image', 'rm', image], signal))
    },
    async load(directory, signal) {
      const pulled = text(await runProgram(run(['pull', '--quiet', `dir:${directory}`], signal)))
      if (fullName !== undefined) await runProgram(run(['tag', pulled, fullName], signal))
    },
  }
}

/** The same storage, as podman is told of it. */
function storageFlags(storage: string | undefined): string[] {
  if (storage === undefined) return []
  const { driver, graphRoot, runRoot, options } = parseStorageLocation(storage)
  return [
    ...(driver === undefined ? [] : ['--storage-driver', driver]),
    ...(graphRoot === undefined ? [] : ['--root', graphRoot]),
    ...(runRoot === undefined ? [] : ['--runroot', runRoot]),
    ...options.flatMap(option => ['--storage-opt', option]),
  ]
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).trim()
}

function asDigest(answer: string): Digest {
  if (isDigest(answer)) return answer
  throw new LadingError('program-failed', `podman answered ${JSON.stringify(answer)} where a digest was asked for`)
}
