import { LadingError } from '../../errors/index.ts'

export interface S3Sdk {
  readonly client: typeof import('@aws-sdk/client-s3')
  readonly credentials: typeof import('@aws-sdk/credential-providers')
}

/**
 * The official SDK: an optional dependency, and as slow to load as Node itself to start.
 *
 * @throws LadingError `unsupported` where it is not installed
 */
export async function loadSdk(): Promise<S3Sdk> {
  try {
    const [client, credentials] = await Promise.all([
      import('@aws-sdk/client-s3'),
      import('@aws-sdk/credential-providers'),
    ])
    return { client, credentials }
  } catch (cause) {
    throw new LadingError('unsupported', 'the AWS packages that s3:// needs are not installed', {
      cause,
      hint: 'npm install @aws-sdk/client-s3 @aws-sdk/credential-providers',
    })
  }
}
