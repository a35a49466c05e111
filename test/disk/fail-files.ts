import type { FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import path from 'node:path'

/** One call to the file system: what it is, and the paths that it was about. */
export interface FileCall {
  /** The name of the function, and of `open` and `sync` what kind: `open-write`, `sync-directory`. */
  readonly kind: string
  readonly paths: readonly string[]
}

/** What a call ends with, instead of what it would: a code of the system, as `ENOSPC`. `undefined`: nothing stands in its way. */
export type FaultOf = (call: FileCall) => string | undefined

/** In the place of a system's code: the file ends where it is read. */
export const shortened = 'SHORTENED'

const fs = process.getBuiltinModule('node:fs')
const { promises } = fs

/** Functions of `node:fs/promises` with a path, and those with two. */
const onePath = [
  'access',
  'chmod',
  'lstat',
  'mkdir',
  'opendir',
  'readFile',
  'readdir',
  'readlink',
  'realpath',
  'rm',
  'rmdir',
  'stat',
  'truncate',
  'unlink',
  'utimes',
  'writeFile',
] as const
const twoPaths = ['copyFile', 'link', 'rename'] as const
const handleMethods = [
  'chmod',
  'datasync',
  'read',
  'readFile',
  'stat',
  'sync',
  'truncate',
  'write',
  'writeFile',
] as const

type AnyFunction = (...args: unknown[]) => unknown

/** What is open, by its handle or its descriptor. */
interface OpenFile {
  readonly path: string
  readonly isDirectory: boolean
}

/**
 * Lets calls that this process makes below `folder` fail, until it is disposed of. A write that fails has written half of its bytes, a file
 * that is not closed is closed: so do systems it, and so does a careless program leave a half file.
 */
export function failFiles(folder: string, faultOf: FaultOf): Disposable {
  const opened = new WeakMap<object, OpenFile>()
  const descriptors = new Map<number, OpenFile>()
  const undo: (() => void)[] = []
  const patch = (owner: object, name: string, wrap: (real: AnyFunction) => AnyFunction) => {
    const real = Reflect.get(owner, name) as AnyFunction // every name here is one of a function
    Reflect.set(
      owner,
      name,
      Object.assign(
        wrap(real),
        Object.fromEntries(Object.entries(real)), // realpath.native
      ),
    )
    undo.push(() => Reflect.set(owner, name, real))
  }
  const fault = (kind: string, ...paths: string[]): Error | undefined => {
    if (!paths.some(one => one === folder || one.startsWith(folder + path.sep))) return undefined
    const code = faultOf({ kind, paths })
    return code === undefined ? undefined : systemError(code, kind, paths)
  }

  for (const name of onePath)
    patch(promises, name, real => async (...args) => {
      const failure = fault(name, pathOf(args[0]))
      if (failure === undefined) return await real(...args)
      if (name === 'writeFile')
        await (real(args[0], half(bytesOf(args[1])), args[2]) as Promise<unknown>).catch(() => {}) // it may be there already
      throw failure
    })
  for (const name of twoPaths)
    patch(promises, name, real => async (...args) => {
      const failure = fault(name, pathOf(args[0]), pathOf(args[1]))
      if (failure !== undefined) throw failure
      return await real(...args)
    })
  patch(promises, 'open', real => async (...args) => {
    const file = { path: pathOf(args[0]), isDirectory: isDirectory(pathOf(args[0])) }
    const failure = fault(kindOfOpen(file, args[1]), file.path)
    if (failure !== undefined) throw failure
    const handle = (await real(...args)) as FileHandle // what open gives
    opened.set(handle, file)
    watchHandles(Object.getPrototypeOf(handle))
    // an own method of each handle
    const { close } = handle
    handle.close = async () => {
      await close()
      const unclosed = fault('close', file.path)
      if (unclosed !== undefined) throw unclosed
    }
    return handle
  })
  patch(fs, 'lstat', real => (...args) => {
    const failure = fault('lstat', pathOf(args[0]))
    if (failure === undefined) return real(...args)
    process.nextTick(args.at(-1) as AnyFunction, failure) // a callback is last
    return undefined
  })
  patch(fs, 'openSync', real => (...args) => {
    const file = { path: pathOf(args[0]), isDirectory: false }
    const failure = fault(kindOfOpen(file, args[1]), file.path)
    if (failure !== undefined) throw failure
    const descriptor = real(...args) as number // what openSync gives
    descriptors.set(descriptor, file)
    return descriptor
  })
  for (const [name, kind] of [
    ['writeSync', 'write'],
    ['readSync', 'read'],
  ] as const)
    patch(fs, name, real => (...args) => {
      const file = descriptors.get(Number(args[0]))
      const failure = file && fault(kind, file.path)
      if (failure !== undefined) throw failure
      return real(...args)
    })
  patch(fs, 'fsync', real => (...args) => {
    const file = descriptors.get(Number(args[0]))
    const failure = file && fault('sync', file.path)
    if (failure === undefined) return real(...args)
    process.nextTick(args.at(-1) as AnyFunction, failure) // a callback is last
    return undefined
  })
  syncBuiltinESMExports()

  let watched = false
  function watchHandles(prototype: object): void {
    if (watched) return
    watched = true
    for (const name of handleMethods)
      patch(
        prototype,
        name,
        real =>
          async function (this: object, ...args) {
            const file = opened.get(this)
            const failure = file && fault(name === 'sync' && file.isDirectory ? 'sync-directory' : name, file.path)
            // Nobody cuts the power here, and the disk of a test machine has other work.
            if (file && failure === undefined && name === 'sync') return undefined
            if (failure === undefined) return await real.apply(this, args)
            if (name === 'read' && isShortened(failure)) return { bytesRead: 0, buffer: args[0] }
            if (name === 'writeFile') await real.call(this, half(bytesOf(args[0])))
            if (name === 'write') await writeHalf(bound => real.apply(this, bound), args)
            throw failure
          },
      )
  }
  return {
    [Symbol.dispose]() {
      for (const step of undo.reverse()) step()
      syncBuiltinESMExports()
    },
  }
}

/** Not an error: somebody made the file shorter, and there is nothing more to read. */
function isShortened(failure: Error): boolean {
  return 'code' in failure && failure.code === shortened
}

function kindOfOpen(file: OpenFile, flags: unknown): string {
  if (file.isDirectory) return 'open-directory'
  if (typeof flags === 'number') return (flags & 3) === 0 ? 'open-read' : 'open-write'
  return flags === undefined || flags === 'r' ? 'open-read' : 'open-write'
}

function isDirectory(name: string): boolean {
  return fs.statSync(name, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function pathOf(argument: unknown): string {
  return path.resolve(String(argument))
}

function bytesOf(content: unknown): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : (content as Uint8Array) // what lading writes
}

function half(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.byteLength >> 1)
}

/** `write(buffer, offset, length, position)` of a file handle. */
async function writeHalf(write: (args: unknown[]) => unknown, args: readonly unknown[]): Promise<void> {
  const [buffer, offset = 0, length, position] = args
  const bytes = bytesOf(buffer)
  const wanted = Number(length ?? bytes.byteLength - Number(offset)) >> 1
  await write([bytes, offset, wanted, position])
}

function systemError(code: string, kind: string, paths: readonly string[]): Error {
  const syscall = kind.replace(/-.*$/, '')
  const [first, second] = paths
  const where = second === undefined ? `'${first}'` : `'${first}' -> '${second}'`
  const known = os.constants.errno as Readonly<Record<string, number>>
  return Object.assign(new Error(`${code}: a fault of the test, ${syscall} ${where}`), {
    code,
    errno: -(known[code] ?? 1),
    syscall,
    path: first,
    ...(second === undefined ? {} : { dest: second }),
  })
}
