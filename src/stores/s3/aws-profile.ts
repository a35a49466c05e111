import type { S3Sdk } from './load-sdk.ts'

/** What a profile of the AWS configuration files says of where buckets are. */
export interface AwsProfile {
  readonly region: string | undefined
  readonly endpoint: string | undefined
}

/** Reads a profile, by default that of AWS_PROFILE. Files and profiles that do not exist say nothing. */
export async function readAwsProfile(
  { config }: Pick<S3Sdk, 'config'>,
  profile: string | undefined,
): Promise<AwsProfile> {
  const read = config.loadConfig<AwsProfile>(
    {
      environmentVariableSelector: () => undefined,
      configFileSelector: (values, sections) => {
        // "Service-specific endpoints" of the SDKs reference guide: the section that `services` names goes first.
        const services = sections?.[`services.${values.services}`]
        return { region: values.region, endpoint: services?.['s3.endpoint_url'] ?? values.endpoint_url }
      },
      default: { region: undefined, endpoint: undefined },
    },
    profile === undefined ? {} : { profile },
  )
  return await read()
}
