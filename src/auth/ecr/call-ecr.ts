import { type AwsIdentity, type CallAnswer, callAws } from '../aws/signed-call.ts'
import type { EcrRegistry } from './ecr-registry.ts'

/** The service names in `X-Amz-Target`: Amazon ECR and ECR Public API references. */
const targets = { ecr: 'AmazonEC2ContainerRegistry_V20150921', 'ecr-public': 'SpencerFrontendService' } as const

/** Calls ECR's API. @throws LadingError what `callAws` throws */
export async function callEcr(
  { service, region, endpoint }: EcrRegistry,
  action: string,
  input: Readonly<Record<string, unknown>>,
  identity: AwsIdentity,
): Promise<CallAnswer> {
  const { AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL } = identity.environment
  const call = {
    name: 'ECR',
    service,
    region,
    endpoint: AWS_ENDPOINT_URL_ECR ?? AWS_ENDPOINT_URL ?? endpoint,
    target: `${targets[service]}.${action}`,
    // Asking for a token, or for a repository that exists already, twice does no harm.
    input,
  }
  return await callAws(call, identity)
}
