import { LadingError } from '../../errors/index.ts'
import type { AwsIdentity } from '../aws/signed-call.ts'
import { callEcr } from './call-ecr.ts'
import type { EcrRegistry } from './ecr-registry.ts'

/** Makes a repository; that it is there already is success. @throws LadingError `denied`, `protocol-error` */
export async function createEcrRepository(
  registry: EcrRegistry,
  repository: string,
  identity: AwsIdentity,
): Promise<void> {
  const input = {
    repositoryName: repository,
    ...(registry.account === undefined ? {} : { registryId: registry.account }),
  }
  const answer = await callEcr(registry, 'CreateRepository', input, identity)
  if (answer.ok || answer.error === 'RepositoryAlreadyExistsException') return
  const denied = answer.error === 'AccessDeniedException'
  throw new LadingError(
    denied ? 'denied' : 'protocol-error',
    `ECR did not make ${repository}: ${answer.error} ${answer.message}`.trim(),
    {
      operation: 'create repository',
      status: answer.status,
      hint: denied ? `the AWS identity needs ${registry.service}:CreateRepository` : undefined,
    },
  )
}
