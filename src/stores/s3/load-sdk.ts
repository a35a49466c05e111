import { isMissingPackage, LadingError } from '../../errors/index.ts'

/** The packages of the official SDK, optional dependencies all. */
export interface S3Sdk {
  readonly client: typeof import('@aws-sdk/client-s3')
  readonly credentials: typeof import('@aws-sdk/credential-providers')
  readonly config: typeof import('@smithy/core/config')
}

/**
 * Loads the SDK, which takes longer than to start Node.
 *
 * @throws LadingError `unsupported` where it is not installed
 */
export async function loadSdk(importPackages: () => Promise<S3Sdk> = importSdk): Promise<S3Sdk> {
  try {
    return await importPackages()
  } catch (cause) {
    if (!isMissingPackage(cause)) throw cause
    throw new LadingError('unsupported', 'the AWS packages that s3:// needs are not installed', {
      cause,
      hint: 'npm install @aws-sdk/client-s3 @aws-sdk/credential-providers @smithy/core',
    })
  }
}

async function importSdk(): Promise<S3Sdk> {
  const [client, credentials, config] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/credential-providers'),
    import('@smithy/core/config'),
  ])
  return { client, credentials, config }
}
