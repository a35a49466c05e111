import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { isLadingError, LadingError } from '../../src/errors/index.ts'
import { digestOf } from '../../src/model/digest.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { failFiles, shortened } from './fail-files.ts'
import type { Place, Seen, World } from './place.ts'
import { images } from './places.ts'

/** What each kind of call may end with, the likeliest first. */
const faultsOf: Readonly<Record<string, readonly string[]>> = {
  'open-write': ['ENOSPC', 'EMFILE', 'EACCES', 'EROFS', 'EIO', 'ENFILE', 'EDQUOT', 'ENAMETOOLONG'],
  'open-read': ['EMFILE', 'EIO', 'EACCES', 'ENFILE', 'ENOENT', 'ESTALE'],
  'open-directory': ['EMFILE', 'EIO'],
  write: ['ENOSPC', 'EIO', 'EDQUOT', 'EFBIG'],
  writeFile: ['ENOSPC', 'EMFILE', 'EIO', 'EROFS'],
  sync: ['EIO', 'ENOSPC'],
  'sync-directory': ['EIO'],
  close: ['EIO', 'EDQUOT'],
  rename: ['EXDEV', 'EACCES', 'EIO', 'ENOSPC', 'EPERM'],
  link: ['EXDEV', 'ENOSPC', 'EIO', 'EMLINK', 'EPERM'],
  mkdir: ['ENOSPC', 'EACCES', 'EROFS', 'EIO', 'ENAMETOOLONG'],
  unlink: ['EACCES', 'EIO', 'EBUSY'],
  rm: ['EACCES', 'EIO', 'EBUSY'],
  rmdir: ['EACCES', 'EIO'],
  opendir: ['EACCES', 'EMFILE', 'EIO'],
  readdir: ['EACCES', 'EMFILE', 'EIO'],
  readFile: ['EACCES', 'EMFILE', 'EIO'],
  stat: ['EACCES', 'EIO'],
  lstat: ['EACCES', 'EIO'],
  realpath: ['EACCES', 'EIO', 'ELOOP'],
  read: ['EIO', shortened, 'ESTALE'],
  copyFile: ['EXDEV', 'EIO', 'ENOSPC'],
  chmod: ['EPERM', 'EIO'],
  truncate: ['EIO', 'ENOSPC'],
  utimes: ['EPERM', 'EIO'],
}

const full = ['ENOSPC', 'EDQUOT']
/** A file that somebody removes or cuts while it is read: what it means depends on which file it was. */
const vanished = ['ENOENT', shortened]
const absent = [
  'blob-not-found',
  'image-not-found',
  'bad-layout',
  'bad-manifest',
  'bad-archive',
  'size-mismatch',
  'precondition-failed',
]
/** What was found unneeded, until it is deleted: a part of the layout, and the next run goes on from it. */
const condemned = /^there\/lading\/trash\/blobs\//

export interface FaultCase {
  readonly kind: string
  readonly code: string
  /** Which of the calls of this kind, from 0. */
  readonly at: number
}

export type Outcome = 'refused' | 'done all the same' | 'not met'

/** A place as it is before each case, and what happens where nothing fails. */
export class FaultTable implements AsyncDisposable {
  readonly place: Place
  readonly #folder: string
  #cases = 0
  #before: Seen = {}
  #after: Seen = {}
  #expectedFiles = new Set<string>()
  readonly #counts = new Map<string, number>()

  private constructor(place: Place, folder: string) {
    this.place = place
    this.#folder = folder
  }

  static async open(place: Place): Promise<FaultTable> {
    const table = new FaultTable(place, await mkdtemp(path.join(os.tmpdir(), 'lading-disk-')))
    const world = table.#worldOf('template')
    await writeLayout(world.source, images)
    await mkdir(world.there, { recursive: true })
    {
      // without a fault: nothing is synced then
      using _ = failFiles(world.there, () => undefined)
      await place.prepare?.(world)
    }

    const clean = await table.#newWorld()
    table.#before = table.#named(await place.see(clean), clean)
    for (const file of await filesBelow(clean)) table.#expectedFiles.add(file)
    using _ = failFiles(clean.there, ({ kind }) => {
      table.#counts.set(kind, (table.#counts.get(kind) ?? 0) + 1)
      return undefined
    })
    await place.act(clean)
    _[Symbol.dispose]()
    table.#after = table.#named(await place.see(clean), clean)
    for (const file of await filesBelow(clean)) table.#expectedFiles.add(file)
    return table
  }

  /** Every kind of call that the place makes, with every fault of it, at the first call, the one in the middle and the last. */
  *cases(): Generator<FaultCase> {
    for (const [kind, count] of this.#counts) {
      const positions = new Set([0, count >> 1, count - 1])
      for (const code of faultsOf[kind] ?? ['EIO']) for (const at of positions) yield { kind, code, at }
    }
  }

  /** One of each kind of call, with its likeliest fault: the one in the middle. */
  *share(): Generator<FaultCase> {
    for (const [kind, count] of this.#counts) yield { kind, code: faultsOf[kind]?.[0] ?? 'EIO', at: count >> 1 }
  }

  /** @throws where anything of it is not as it must be */
  async run({ kind, code, at }: FaultCase): Promise<Outcome> {
    const { place } = this
    const world = await this.#newWorld()
    let left = at
    let isMet = false
    const act = async (): Promise<unknown> => {
      using _ = failFiles(world.there, call => {
        if (call.kind !== kind || left-- !== 0) return undefined
        isMet = true
        return code
      })
      return await place.act(world).then(
        () => undefined,
        error => error ?? new Error('it threw nothing'),
      )
    }
    const failure = await act()
    if (failure !== undefined) this.#judgeError(failure, code, isMet)
    const isWhole = this.#judgeSeen(this.#named(await place.see(world), world))
    if (failure === undefined && !isWhole && !place.isCache) throw new Error('it was said to be done, and is not')
    await this.#judgeFiles(world)

    using _again = failFiles(world.there, () => undefined)
    await place.act(world).catch(error => {
      if (place.doneAlready === undefined || !isLadingError(error) || error.code !== place.doneAlready) throw error
    })
    if (!this.#judgeSeen(this.#named(await place.see(world), world))) throw new Error('the second time it is not done')
    await this.#judgeFiles(world)
    await rm(world.folder, { recursive: true, force: true })
    return !isMet ? 'not met' : failure === undefined ? 'done all the same' : 'refused'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  #judgeError(error: unknown, code: string, isMet: boolean): void {
    if (!isMet) throw new Error('it failed without a fault', { cause: error })
    if (this.place.isCache) throw new Error('a cache failed', { cause: error })
    if (!(error instanceof LadingError)) throw new Error('not an error of lading', { cause: error })
    const wanted = full.includes(code) ? ['disk-full'] : vanished.includes(code) ? ['io', ...absent] : ['io']
    if (!wanted.includes(error.code))
      throw new Error(`${error.code} in the place of ${wanted.join(' or ')}: ${error.message}`)
    const { message, operation, subject, hint } = error
    for (const [what, text] of Object.entries({ operation, subject, ...(error.code === 'io' ? { hint } : {}) }))
      if (!text) throw new Error(`it does not say ${what}: ${message}`, { cause: error })
    if (message.includes('a fault of the test')) throw new Error(`the system's own words: ${message}`)
  }

  /** Everything that can be seen is as it was, or as it shall be. @returns whether all is as it shall be */
  #judgeSeen(seen: Seen): boolean {
    const names = new Set([...Object.keys(this.#before), ...Object.keys(this.#after), ...Object.keys(seen)])
    const wrong = [...names].filter(name => ![this.#before[name], this.#after[name]].includes(seen[name]))
    if (wrong.length > 0) throw new Error(`${wrong.join(', ')} is neither as before nor as after`)
    return [...names].every(name => seen[name] === this.#after[name])
  }

  /** No file is there but those that are there before or after, and blobs that are what they are called. */
  async #judgeFiles(world: World): Promise<void> {
    for (const file of await filesBelow(world))
      if (!this.#expectedFiles.has(file) && !condemned.test(file)) throw new Error(`${file} was left`)
    for (const entry of await readdir(world.there, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/^[a-f0-9]{64}$/.test(entry.name) || !/(sha256|there)$/.test(entry.parentPath)) continue
      if (entry.parentPath.includes('layers')) continue
      const content = await readFile(path.join(entry.parentPath, entry.name))
      if (digestOf(content) !== `sha256:${entry.name}`) throw new Error(`${entry.name} is half a file`)
    }
  }

  async #newWorld(): Promise<World> {
    const template = this.#worldOf('template')
    const world = { ...this.#worldOf(`case-${this.#cases++}`), source: template.source }
    await mkdir(world.folder)
    await cp(template.there, world.there, { recursive: true })
    return world
  }

  #worldOf(name: string): World {
    const folder = path.join(this.#folder, name)
    return { folder, there: path.join(folder, 'there'), source: path.join(folder, 'source') }
  }

  /** What differs from case to case is left out of names. */
  #named(seen: Seen, { folder }: World): Seen {
    return Object.fromEntries(Object.entries(seen).map(([name, value]) => [name.replaceAll(folder, ''), value]))
  }
}

/** Their names, with what is random in them left out. */
async function filesBelow({ folder, there }: World): Promise<string[]> {
  const entries = await readdir(there, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => !entry.isDirectory())
  return files.map(entry =>
    path.relative(folder, path.join(entry.parentPath, entry.name)).replace(/@\d{8}T\d{9}Z-[0-9a-f]{8}/, '@STAMP'),
  )
}
