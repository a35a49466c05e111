import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../../errors/index.ts'
import { makeDirectory, refuseLinks } from './object-directory.ts'
import { sweepTemporary, temporaryName } from './temporary-file.ts'

/** How often the directories are made anew for one step: each time, another process has to end just then. */
const maxAttempts = 20

/**
 * A store's own directories: `lading/tmp` for files that have no name yet, and `lading/locks`.
 *
 * They are made when they are needed, and removed by whoever leaves them empty: a directory that was copied into looks as any
 * other tool would have left it.
 */
export class Workshop {
  readonly temporary: string
  readonly locks: string
  readonly #root: string
  #entered: Promise<void> | undefined

  constructor(root: string) {
    this.#root = root
    this.temporary = join(root, 'lading/tmp')
    this.locks = join(root, 'lading/locks')
  }

  /** Before the first write of this process: what killed writers left is removed. */
  enter(): Promise<void> {
    this.#entered ??= this.#tidy().catch((error: unknown) => {
      this.#entered = undefined
      throw error
    })
    return this.#entered
  }

  /** A path for a file of this process. @param content what it is to become, where another process may go on with it */
  async draft(content?: string): Promise<string> {
    return join(this.temporary, await temporaryName(content))
  }

  /** Does what needs the directories. Where one is gone, it is made and the step is done again. */
  async within<T>(step: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await step()
      } catch (error) {
        if (systemCode(error) !== 'ENOENT' || attempt === maxAttempts) throw error
        await makeDirectory(this.locks)
        await makeDirectory(this.temporary)
      }
    }
  }

  async leave(): Promise<void> {
    if (this.#entered === undefined) return
    for (const directory of [this.temporary, this.locks, join(this.#root, 'lading')]) {
      try {
        await rmdir(directory)
      } catch {
        // Somebody else works there, or has tidied up.
      }
    }
  }

  async #tidy(): Promise<void> {
    await refuseLinks(this.#root, this.temporary)
    await this.within(() => sweepTemporary(this.temporary))
  }
}
