import { mkdir, open, realpath, rmdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { LadingError, systemCode } from '../../errors/index.ts'
import { notAnObject } from './read-object.ts'

/** A writer and a deleter of neighbours may make and remove a directory in turn; no two of them do so this often by chance. */
const maxAttempts = 100

/**
 * Refuses a directory that is reached over a symbolic link below the root, which may lead anywhere: a store can come out of an
 * archive that somebody else made. The root itself may be a link, that is its owner's business.
 *
 * @throws LadingError `bad-layout`
 */
export function refuseLinks(root: string, directory: string): Promise<void> {
  const key = JSON.stringify([root, directory])
  const known = checks.get(key)
  if (known !== undefined) return known
  const check = findLinks(root, directory).finally(() => checks.delete(key))
  checks.set(key, check)
  return check
}

/** Those under way: hundreds of blobs go to one directory at once, and what one of them finds holds for all. */
const checks = new Map<string, Promise<void>>()

async function findLinks(root: string, directory: string): Promise<void> {
  for (let path = directory; path !== root; path = dirname(path)) {
    try {
      const real = await realpath(path)
      const named = join(await realpath(root), relative(root, path))
      if (real === named) return
      throw isSameName(real, named) ? takenForOther(real, named) : notAnObject('reached over a symbolic link')
    } catch (error) {
      // The nearest directory above that exists decides.
      if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error
    }
  }
}

/** Whether a file system that does not tell case or composition of letters apart takes the one for the other: those of macOS and Windows. */
function isSameName(one: string, other: string): boolean {
  const folded = (name: string) => name.normalize('NFC').toLowerCase()
  return folded(one) === folded(other)
}

function takenForOther(real: string, named: string): LadingError {
  const names = named.split(sep)
  const at = real.split(sep).findIndex((name, i) => name !== names[i])
  const [there, wanted] = [real.split(sep)[at], names[at]].map(name => JSON.stringify(name))
  return new LadingError('unsupported', `this file system takes ${wanted} for ${there}, which is there already`, {
    hint: 'choose another name, or a bucket on a file system that tells them apart',
  })
}

/**
 * Gives a file its place: makes the directories that it needs, runs `move` (link or rename), and makes all of it durable.
 *
 * A deleter prunes directories that became empty, perhaps between our making one and our using it. Then it is made again.
 */
export async function placeObject(root: string, target: string, move: () => Promise<void>): Promise<void> {
  const directory = dirname(target)
  for (let attempt = 1; ; attempt++) {
    try {
      await refuseLinks(root, directory)
      await move()
      break
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || attempt === maxAttempts) throw error
    }
    await makeDirectory(directory)
  }
  await syncDirectory(directory)
}

/** Removes the directories that a deleted object leaves empty, but not `blobs/` or `manifests/`, which show what the root is. */
export async function pruneDirectories(root: string, deleted: string): Promise<void> {
  for (let path = dirname(deleted); path !== root && dirname(path) !== root; path = dirname(path)) {
    try {
      await rmdir(path)
    } catch {
      return
    }
  }
}

/** Of a directory, the sync that runs, and the one that begins after it. */
const syncs = new Map<string, { readonly running: Promise<void>; next?: Promise<void> }>()

/**
 * Makes what was changed in a directory survive a power cut. Many that ask at once share one fsync(2) that begins after all of them have
 * asked: it costs milliseconds, and a store may delete a hundred thousand objects.
 */
export async function syncDirectory(path: string): Promise<void> {
  const known = syncs.get(path)
  if (known === undefined) return await startSync(path)
  // What runs may have begun too early for us.
  known.next ??= known.running.catch(() => {}).then(() => startSync(path))
  return await known.next
}

function startSync(path: string): Promise<void> {
  const sync = { running: fsyncDirectory(path) }
  syncs.set(path, sync)
  const forget = () => {
    if (syncs.get(path) === sync) syncs.delete(path)
  }
  sync.running.then(forget, forget)
  return sync.running
}

/** What systems say of a directory that they cannot sync: one that may be written to and not read, and one on some network shares. */
const unsyncable: readonly string[] = ['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/** Windows keeps the names of files by itself, and opens no directories. */
async function fsyncDirectory(path: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  if (platform === 'win32') return
  try {
    await using handle = await open(path, 'r')
    await handle.sync()
  } catch (error) {
    const code = systemCode(error) ?? ''
    // ENOENT: the last object in it was deleted meanwhile.
    if (code !== 'ENOENT' && !unsyncable.includes(code)) throw error
  }
}

/**
 * Makes a directory and its parents. Every new name is made durable in its parent.
 *
 * Not by mkdir's `recursive`: on a read-only file system Node says ENOENT there, as if somebody had pruned a parent.
 */
export async function makeDirectory(path: string): Promise<void> {
  if (await makeOne(path)) return
  await makeDirectory(dirname(path))
  // Where a parent is gone again, pruned meanwhile, the caller's next attempt makes it.
  await makeOne(path)
}

/** `false` where there is no parent to make it in. */
async function makeOne(path: string): Promise<boolean> {
  try {
    await mkdir(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false
    if (systemCode(error) === 'EEXIST') return true
    throw error
  }
  await syncDirectory(dirname(path))
  return true
}
