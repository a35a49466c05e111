import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { TrustMaterial } from '@sigstore/verify'
import { fromFileError, LadingError } from '../errors/index.ts'
import { readJson } from '../model/read-json.ts'
import { cacheFolder } from '../stores/cache-folder.ts'
import { readSmallFile } from '../streams/index.ts'
import type { Environment } from '../transports/programs/find-program.ts'
import { loadSigstore } from './load-sigstore.ts'

/**
 * The certificates and keys that Sigstore's signatures are checked against: of a file (`trusted_root.json`), else those of Sigstore's own
 * repository, whose updates are signed (TUF).
 *
 * @throws LadingError `bad-config` for a file that is none, `network` where the repository cannot be asked
 */
export async function readTrustedRoot(file: string | undefined, environment: Environment): Promise<TrustMaterial> {
  const [{ toTrustMaterial }, { TrustedRoot }] = await loadSigstore(() =>
    Promise.all([import('@sigstore/verify'), import('@sigstore/protobuf-specs')]),
  )
  if (file === undefined) return toTrustMaterial(await fromRepository(environment))
  const bytes = await readSmallFile(file).catch(error => {
    throw fromFileError(error, { operation: 'read the trusted root', side: 'local', subject: file })
  })
  try {
    return toTrustMaterial(TrustedRoot.fromJSON(readJson(bytes)))
  } catch (cause) {
    throw new LadingError('bad-config', 'this is no trusted root of Sigstore', { cause, side: 'local', subject: file })
  }
}

async function fromRepository(environment: Environment) {
  const { getTrustedRoot } = await loadSigstore(() => import('@sigstore/tuf'))
  const cachePath = path.join(cacheFolder(environment), 'sigstore')
  await mkdir(cachePath, { recursive: true }).catch(error => {
    throw fromFileError(error, { operation: 'keep the trusted root', side: 'local', subject: cachePath })
  })
  try {
    return await getTrustedRoot({ cachePath })
  } catch (cause) {
    throw new LadingError('network', 'the trusted root of Sigstore could not be read', {
      operation: 'check a signature',
      cause,
      hint: 'give a copy of it (trusted_root.json) with --trusted-root',
    })
  }
}
