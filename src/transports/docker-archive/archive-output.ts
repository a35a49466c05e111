import { openFileOutput } from '../archive/file-output.ts'
import type { OutputPlace } from '../archive/find-output.ts'
import { openStreamOutput } from '../archive/stream-output.ts'
import { type ImageWriter, openImageWriter } from './image-writer.ts'

/** An archive that has been begun. */
export interface ArchiveOutput extends AsyncDisposable {
  readonly image: ImageWriter
  /** Ends it; what is in a file has its name from now on. @throws LadingError `tag-exists` where `exclusive` and there is a file */
  publish(options: { readonly exclusive: boolean }): Promise<void>
}

/** Where an archive is written, which begins with the first thing that is written: who writes nothing touches nothing. */
export interface LazyArchiveOutput extends AsyncDisposable {
  /** What has been begun. */
  readonly begun: ArchiveOutput | undefined
  begin(): Promise<ArchiveOutput>
  /** Forgets what has been begun. What is written then is another archive. */
  drop(): Promise<void>
}

export function lazyArchiveOutput(place: OutputPlace): LazyArchiveOutput {
  let begun: ArchiveOutput | undefined
  let beginning: Promise<ArchiveOutput> | undefined
  const begin = async (): Promise<ArchiveOutput> => {
    begun = await beginOutput(place)
    return begun
  }
  const drop = async (): Promise<void> => {
    const output = await beginning?.catch(() => undefined)
    begun = undefined
    beginning = undefined
    await output?.[Symbol.asyncDispose]()
  }
  return {
    get begun() {
      return begun
    },
    begin() {
      beginning ??= begin()
      return beginning
    },
    drop,
    [Symbol.asyncDispose]: drop,
  }
}

async function beginOutput({ kind, path }: OutputPlace): Promise<ArchiveOutput> {
  if (kind === 'file') {
    const output = await openFileOutput(path)
    return {
      image: openImageWriter(output.writer),
      publish: options => output.publish(options),
      [Symbol.asyncDispose]: () => output[Symbol.asyncDispose](),
    }
  }
  const output = await openStreamOutput(path)
  return {
    image: openImageWriter(output.writer),
    publish: () => output.writer.finish(),
    [Symbol.asyncDispose]: () => output[Symbol.asyncDispose](),
  }
}
