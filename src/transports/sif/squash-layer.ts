import { LadingError } from '../../errors/index.ts'
import type { ByteStream } from '../../streams/index.ts'
import { paddingOf } from '../../streams/tar/index.ts'
import { readPseudoFile, type SquashEntry } from './pseudo-file.ts'
import { scriptPath } from './run-script.ts'
import { endOfArchive, tarHeader } from './tar-entry.ts'

const chunkBytes = 256 * 1024

export interface ScriptFile {
  readonly text: string
  /** In seconds since 1970. */
  readonly mtime: number
}

/**
 * A layer of all files of a squashfs, as `unsquashfs -pf` writes it, and of a script that its image is to have. The same input gives
 * the same bytes.
 *
 * @throws LadingError `bad-archive`
 */
export function squashLayer(pseudoFile: ByteStream, script: ScriptFile | undefined): ByteStream {
  return gathered(layerParts(pseudoFile, script))
}

async function* layerParts(
  stream: ByteStream,
  script: ScriptFile | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { entries, content } = await readPseudoFile(stream)
  const reader = new ContentReader(content)
  try {
    for (const entry of entries) {
      const replaced = script !== undefined && Buffer.from(entry.name).toString() === scriptPath
      const header = replaced ? undefined : tarHeader(entry)
      if (header !== undefined) yield header
      for await (const chunk of reader.read(entry.size)) if (!replaced) yield chunk
      if (!replaced) yield Buffer.alloc(paddingOf(entry.size))
    }
    await reader.end()
    if (script !== undefined) yield* scriptParts(script, entries)
    yield endOfArchive
  } finally {
    await reader.close()
  }
}

function* scriptParts({ text, mtime }: ScriptFile, entries: readonly SquashEntry[]): Generator<Uint8Array> {
  const same = { mode: 0o755, mtime, uid: 0, gid: 0, attributes: new Map() }
  const folder = Buffer.from(scriptPath.slice(0, scriptPath.indexOf('/')))
  const bytes = Buffer.from(text)
  const added: SquashEntry[] = [{ ...same, name: Buffer.from(scriptPath), type: 'file', size: bytes.byteLength }]
  if (!entries.some(({ name }) => folder.equals(name))) {
    added.unshift({ ...same, name: folder, type: 'directory', size: 0 })
  }
  for (const entry of added) yield tarHeader(entry) ?? new Uint8Array()
  yield bytes
  yield Buffer.alloc(paddingOf(bytes.byteLength))
}

/** One file's content after the other. */
class ContentReader {
  readonly #iterator: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()

  constructor(content: ByteStream) {
    this.#iterator = content[Symbol.asyncIterator]()
  }

  async *read(size: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = size; left > 0; ) {
      if (this.#rest.byteLength === 0 && !(await this.#more())) throw cutOff()
      const chunk = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(chunk.byteLength)
      left -= chunk.byteLength
      yield chunk
    }
  }

  /** Sees to it that the writer has ended, and how. */
  async end(): Promise<void> {
    if (this.#rest.byteLength > 0 || (await this.#more()))
      throw new LadingError('bad-archive', "there is more content than the file system's files have")
  }

  async close(): Promise<void> {
    await this.#iterator.return?.()
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const next = await this.#iterator.next()
      if (next.done) return false
      this.#rest = next.value
      if (this.#rest.byteLength > 0) return true
    }
  }
}

function cutOff(): LadingError {
  return new LadingError('bad-archive', 'the content of the file system is cut off')
}

/** Chunks of a size that is worth the way: most files of an image are small. */
async function* gathered(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let kept: Uint8Array[] = []
  let size = 0
  const take = () => {
    const chunk = Buffer.concat(kept, size)
    kept = []
    size = 0
    return chunk
  }
  for await (const part of parts) {
    if (part.byteLength === 0) continue
    kept.push(part)
    size += part.byteLength
    if (size >= chunkBytes) yield take()
  }
  if (size > 0) yield take()
}
