import path from 'node:path'
import { fromFileError, LadingError, systemCode } from '../../errors/index.ts'
import { readSmallFile } from '../../streams/index.ts'
import type { DaemonTls } from './daemon-address.ts'

/**
 * What a folder holds for the way to a daemon, by the names that Docker gives them: ca.pem, and cert.pem with key.pem. None of them
 * has to be there.
 *
 * @throws LadingError `io`
 */
export async function readCertificates(folder: string): Promise<DaemonTls['certificates']> {
  return certificatesOf(await readAll(folder))
}

/**
 * The same of a folder that the command line names: what is missing there is a mistake.
 *
 * @throws LadingError `bad-argument`, `tls` for half a pair, `io`
 */
export async function readNamedCertificates(folder: string): Promise<DaemonTls['certificates']> {
  const texts = await readAll(folder)
  const [ca, cert, key] = texts
  const details = { operation: 'read the certificates', side: 'local', subject: folder } as const
  if (ca === undefined && cert === undefined && key === undefined) {
    throw new LadingError('bad-argument', 'there are no certificates for a Docker daemon', {
      ...details,
      hint: 'they are ca.pem, and cert.pem with key.pem',
    })
  }
  if ((cert === undefined) === (key === undefined)) return certificatesOf(texts)
  const [there, missing] = cert === undefined ? ['key.pem', 'cert.pem'] : ['cert.pem', 'key.pem']
  const hint = `put ${missing} beside it, or take it away`
  throw new LadingError('tls', `the certificates cannot be used: ${there} has no ${missing}`, { ...details, hint })
}

type Texts = readonly [ca: string | undefined, cert: string | undefined, key: string | undefined]

function readAll(folder: string): Promise<Texts> {
  const file = (name: string) => read(path.join(folder, name))
  return Promise.all([file('ca.pem'), file('cert.pem'), file('key.pem')])
}

function certificatesOf([ca, cert, key]: Texts): DaemonTls['certificates'] {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  }
}

async function read(file: string): Promise<string | undefined> {
  try {
    return (await readSmallFile(file)).toString()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw fromFileError(error, { operation: 'read', subject: file })
  }
}
