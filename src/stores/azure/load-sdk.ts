import { isMissingPackage, LadingError } from '../../errors/index.ts'

type StorageSdk = typeof import('@azure/storage-blob')
type IdentitySdk = typeof import('@azure/identity')
type PipelineSdk = typeof import('@azure/core-rest-pipeline')

/** @throws LadingError `unsupported` where the optional package is not installed */
export function loadStorageSdk(): Promise<StorageSdk> {
  return loadPackage('@azure/storage-blob', () => import('@azure/storage-blob'))
}

/** @throws LadingError `unsupported` where the optional package is not installed */
export function loadIdentitySdk(): Promise<IdentitySdk> {
  return loadPackage('@azure/identity', () => import('@azure/identity'))
}

/** What both of the others are built on. @throws LadingError `unsupported` */
export function loadPipelineSdk(): Promise<PipelineSdk> {
  return loadPackage('@azure/core-rest-pipeline', () => import('@azure/core-rest-pipeline'))
}

/** Imports an optional package. @throws LadingError `unsupported` where it is not installed */
export async function loadPackage<T>(name: string, importPackage: () => Promise<T>): Promise<T> {
  try {
    return await importPackage()
  } catch (cause) {
    if (!isMissingPackage(cause)) throw cause
    throw new LadingError('unsupported', `Azure needs the package ${name}, which is not installed`, {
      hint: `npm install ${name}`,
      cause,
    })
  }
}
