import type { Digest } from '../../model/digest.ts'
import type { ByteStream } from '../../streams/index.ts'
import type { Environment } from '../programs/find-program.ts'
import type { ContainersStorageReference } from './reference.ts'

/** What a program that knows the storage does with one image of it. */
export interface StorageTool {
  /** Of the manifest that the image was stored with, or `undefined` where there is no such image. */
  manifestDigest(signal?: AbortSignal): Promise<Digest | undefined>
  /** Its config's digest and its layers', as far as the tool tells them. @throws LadingError `image-not-found` */
  describe(signal?: AbortSignal): Promise<{ readonly config: Digest; readonly diffIds: readonly Digest[] }>
  /** The image as a Docker archive. @throws LadingError `image-not-found` */
  save(signal?: AbortSignal): ByteStream
  /** Stores the image of a directory (`dir:`) under the name. */
  load(directory: string, signal?: AbortSignal): Promise<void>
  /** @throws LadingError `image-not-found` */
  remove(signal?: AbortSignal): Promise<void>
}

export interface ToolSetting {
  readonly reference: ContainersStorageReference
  readonly program: string
  readonly environment: Environment
  /** Where it may make files, which somebody removes. */
  readonly workFolder: string
}
