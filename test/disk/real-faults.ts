import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { buildImage } from '../../src/testing/build-image.ts'
import { writeLayout } from '../../src/testing/write-layout.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'

const checkout = path.join(import.meta.dirname, '../..')
/** A user namespace is where a mount needs no root. */
const isolated = ['--user', '--map-root-user', '--mount'] as const

export const canMount = spawnSync('unshare', [...isolated, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

/** Something that is wrong with the disk, made by the system itself. */
export interface RealFault {
  readonly name: string
  /** Makes it so, in a folder that is a file system of its own. */
  readonly make: string
  /** What the program is run by. */
  readonly under?: string
  /** Takes it away. */
  readonly mend: string
  /** What the error says. */
  readonly says: RegExp
  /** Where it can be met. Default: everywhere. */
  readonly only?: RegExp
}

const dropRights = 'setpriv --bounding-set=-dac_override,-dac_read_search'
const grow = 'mount -o remount,rw,size=64m,nr_inodes=100000 .'

export const realFaults: readonly RealFault[] = [
  { name: 'a file system that is read-only', make: 'mount -o remount,ro .', mend: grow, says: /read-only/ },
  ...[0, 4, 16, 64, 256, 1024].map(
    (room): RealFault => ({
      name: `a disk with room for ${room} KiB`,
      make: `head -c $((1024*(4096-${room}))) /dev/zero > filling`,
      mend: `${grow}; rm filling`,
      says: /no space left/,
    }),
  ),
  {
    name: 'a disk with no room for another file',
    make: 'mount -o remount,nr_inodes=1 .',
    mend: grow,
    says: /no space left/,
  },
  {
    name: 'a limit of file sizes',
    make: ':',
    under: `bash -c 'ulimit -f 32; exec "$@"' sh`,
    mend: ':',
    says: /ulimit -f/,
  },
  {
    name: 'a limit of open files',
    make: ':',
    under: 'prlimit --nofile=40',
    mend: ':',
    says: /too many open files/,
    only: /^(local|oci:|dir:)/,
  },
  {
    name: 'a folder that nobody may write to',
    make: 'chmod 555 .',
    under: dropRights,
    mend: 'chmod 755 .',
    says: /permission denied/,
  },
  {
    name: 'a folder that nobody may enter',
    make: 'chmod 000 .',
    under: dropRights,
    mend: 'chmod 755 .',
    says: /permission denied/,
  },
  {
    name: 'a folder of it on another file system',
    make: 'mkdir -p bucket/blobs && mount -t tmpfs tmpfs bucket/blobs',
    mend: 'umount bucket/blobs',
    says: /different file systems/,
    only: /^local/,
  },
]

export const realPlaces = [
  'local://./bucket//app:v1',
  'oci:layout:v1',
  'dir:dir',
  'oci-archive:a.tar:v1',
  'docker-archive:a.tar:app:v1',
]

/** @yields every place with every fault that it can meet */
export function* realCases(): Generator<readonly [string, RealFault]> {
  for (const fault of realFaults)
    for (const place of realPlaces) if (fault.only?.test(place) ?? true) yield [place, fault]
}

let source: Promise<string> | undefined

/** An image of more small layers than files may be open, some 3 MiB in all. */
async function writeSource(): Promise<string> {
  const folder = path.join(await mkdtemp(path.join(temporaryFolder(), 'real-')), 'layout')
  const layers = Array.from({ length: 40 }, (_, i) => Buffer.alloc(70_000 + i, `layer ${i} `))
  await writeLayout(folder, { v1: buildImage({ layers }) })
  return folder
}

/**
 * Copies to a place while something is wrong with the disk, and again when it is mended.
 *
 * @throws where the error is not clear, where anything is left but whole blobs, or where the second copy is not whole
 */
export async function runReal(place: string, { make, under = '', mend, says }: RealFault): Promise<void> {
  source ??= writeSource()
  const folder = await mkdtemp(path.join(temporaryFolder(), 'fault-'))
  const program = `"${process.execPath}" "${checkout}/bin/lading.js"`
  const script = `
    cd "$1" && mount -t tmpfs -o size=4m tmpfs . && cd "$1" || exit 99
    ( ${make} ) || exit 98
    ${under} ${program} copy --quiet "oci:$2:v1" ${place} 2>"$1.err"; echo "first $?"
    ( ${mend} ) || exit 97
    find . -type f -printf 'left %p\\n'
    ${program} copy --quiet "oci:$2:v1" ${place} || exit 96
    ${program} copy --quiet ${place} oci:"$1.out":v1 || exit 95
    cat "$1.err"`
  const run = promisify(execFile)('unshare', [...isolated, 'sh', '-c', script, 'sh', folder, await source])
  const { stdout } = await run
  const told = (why: string) => new Error(`${why}: ${stdout}`)
  if (!stdout.startsWith('first 6\n')) throw told('the first copy did not end with 6')
  if (!says.test(stdout) || !stdout.includes('hint: ')) throw told('the error is not clear')
  const left = [...stdout.matchAll(/^left (.*)$/gm)].map(([, name]) => name ?? '')
  // `version` says that the directory is one of an image, and is written first
  const foreign = left.filter(name => !/(^|\/)([a-f0-9]{64}|version|filling)$/.test(name))
  if (foreign.length > 0) throw told(`${foreign.join(' ')} was left`)
}
