import { isMissingPackage, LadingError } from '../errors/index.ts'

/** Loads packages of Sigstore, which few commands need. @throws LadingError `unsupported` where they are not installed */
export async function loadSigstore<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissingPackage(cause)) throw cause
    throw new LadingError('unsupported', 'signatures of Sigstore need packages that are not installed', {
      cause,
      hint: 'npm install @sigstore/bundle @sigstore/verify',
    })
  }
}
