import path from 'node:path'
import { type CopyListener, type CopyResult, copyImage, type SessionOptions } from '../copy/index.ts'
import { LadingError } from '../errors/index.ts'
import type { Platform } from '../model/platform.ts'
import type { Environment } from '../transports/programs/find-program.ts'
import { openWorkFolder } from '../transports/programs/work-folder.ts'

export interface ScannedImageOptions extends SessionOptions {
  /** Which image of an index. Default: this machine's platform. */
  readonly platform?: Platform | undefined
  readonly onEvent?: CopyListener | undefined
}

/** An image as a layout of its own in a temporary folder, for a scanner to read. Gone when it is disposed of. */
export interface ImageLayout extends AsyncDisposable {
  readonly path: string
  readonly copied: CopyResult
  /** For a scanner whose own temporary files shall be there too. */
  readonly environment: Environment
}

/**
 * Copies one platform of an image, every byte checked, to where a scanner can read it without a daemon.
 *
 * @throws LadingError `unsupported` where it is no image of a container, or an encrypted one; what the copy throws
 */
export async function openImageLayout(
  reference: string,
  { platform, ...options }: ScannedImageOptions,
  environment: Environment,
): Promise<ImageLayout> {
  const { temporaryFolder } = options
  const folder = await openWorkFolder(
    temporaryFolder === undefined ? environment : { ...environment, TMPDIR: temporaryFolder },
  )
  try {
    // a scanner takes what follows either of them for the name of an image in the layout
    if (/[:@]/.test(folder.path)) {
      throw new LadingError('bad-argument', 'a scanner cannot read a layout whose path has a : or @', {
        subject: folder.path,
        hint: 'name another temporary folder by --tmpdir or TMPDIR',
      })
    }
    const layout = path.join(folder.path, 'image')
    const copied = await copyImage(reference, `oci:${layout}`, {
      ...options,
      fileSystemsOnly: true,
      // what is attached to it, or kept beside it, is no part of what is scanned
      referrers: false,
      removeSignatures: true,
      // of an index the one image is wanted, also where it has no other
      ...(platform === undefined ? { onePlatform: true, platformMatching: 'compatible' } : { platforms: [platform] }),
      // what a daemon keeps unpacked the scanner would only have to unpack again
      compression: 'none',
    })
    return {
      path: layout,
      copied,
      environment: folder.environment,
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    }
  } catch (error) {
    await folder[Symbol.asyncDispose]()
    throw error
  }
}
