import { spawn } from 'node:child_process'
import { LadingError, systemCode } from '../../errors/index.ts'
import type { ByteStream } from '../byte-stream.ts'
import { badCompression } from './bad-compression.ts'
import { through } from './through.ts'

const programs = {
  // As much memory as the strongest setting of the program needs, four times.
  xz: ['xz', '--decompress', '--stdout', '--quiet', '--memlimit-decompress=256MiB'],
  bzip2: ['bzip2', '--decompress', '--stdout'],
} as const

/** Keeps what a program may say for itself short. */
const maxComplaint = 500

/**
 * Uncompresses with the program of that name.
 *
 * No library does it: of those for xz, one knows neither SHA-256 nor the filters for machine code, and takes one stream at a time in
 * a whole process; of those for bzip2, one holds gigabytes of a small file of zeros, and the others hold all of it.
 *
 * @throws LadingError `program-not-found`
 */
export async function* decodeWithProgram(
  name: 'xz' | 'bzip2',
  stream: ByteStream,
): AsyncGenerator<Uint8Array, void, undefined> {
  const [program, ...args] = programs[name]
  const child = spawn(program, args, { env: { ...process.env, LC_ALL: 'C' }, windowsHide: true })
  const ended = Promise.withResolvers<void>()
  let complaint = ''
  let missing: unknown
  child.stderr.on('data', chunk => {
    complaint = `${complaint}${chunk}`.slice(0, maxComplaint)
  })
  child.on('error', error => {
    missing = error
    ended.resolve()
  })
  child.on('close', () => ended.resolve())
  const fault = async () => {
    await ended.promise
    if (systemCode(missing) === 'ENOENT') {
      return new LadingError('program-not-found', `${program} is not installed`, {
        hint: `install ${name === 'xz' ? 'xz-utils' : name}, or uncompress the content first`,
        cause: missing,
      })
    }
    // what follows the first line is advice on files
    const [said] = complaint.trim().split('\n')
    const why = said || `${program} ended with ${child.exitCode ?? child.signalCode}`
    return badCompression(name, `cannot be uncompressed: ${why}`, missing)
  }
  try {
    yield* through(stream, { into: child.stdin, from: child.stdout }, fault)
    await ended.promise
    // bzip2 only warns of what follows its content.
    if (child.exitCode !== 0 || complaint !== '') throw await fault()
  } finally {
    child.kill('SIGKILL')
  }
}
