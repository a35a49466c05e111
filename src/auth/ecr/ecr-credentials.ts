import { isLadingError, LadingError } from '../../errors/index.ts'
import type { AwsIdentity } from '../aws/signed-call.ts'
import type { Credential } from '../credential.ts'
import type { CredentialFinder } from '../credential-finder.ts'
import { callEcr } from './call-ecr.ts'
import type { EcrRegistry } from './ecr-registry.ts'

/** A token is fetched anew this long before its end; ECR's live twelve hours. */
const refreshMarginMs = 5 * 60_000
/** Where ECR does not say when its token ends. */
const defaultLifetimeMs = 60 * 60_000

/** Where `files` has nothing for an ECR registry, a token for the AWS credentials of this machine is asked for, once until it expires. */
export function withEcrCredentials(
  files: CredentialFinder,
  registry: EcrRegistry,
  identity: AwsIdentity,
): CredentialFinder {
  let held: { readonly credential: Promise<Credential | undefined>; expiresAt: number } | undefined
  const problems: string[] = []

  const fetchToken = async (): Promise<Credential | undefined> => {
    try {
      const { credential, expiresAt } = await askForToken(registry, identity)
      if (held !== undefined) held.expiresAt = expiresAt
      return credential
    } catch (error) {
      if (!isLadingError(error, 'credential-helper', 'unsupported', 'denied')) throw error
      // A public image is read without: the reason is told where the registry refuses.
      problems.push(error.message)
      return undefined
    }
  }

  return {
    get problems() {
      return [...files.problems, ...problems]
    },
    async find(host, repository) {
      const written = await files.find(host, repository)
      if (written !== undefined) return written
      if (held === undefined || Date.now() > held.expiresAt - refreshMarginMs) {
        held = { expiresAt: Number.POSITIVE_INFINITY, credential: fetchToken() }
        held.credential.catch(() => {
          held = undefined
        })
      }
      return await held.credential
    },
  }
}

async function askForToken(
  registry: EcrRegistry,
  identity: AwsIdentity,
): Promise<{ credential: Credential; expiresAt: number }> {
  const answer = await callEcr(registry, 'GetAuthorizationToken', {}, identity)
  if (!answer.ok) {
    const permission =
      registry.service === 'ecr'
        ? 'ecr:GetAuthorizationToken'
        : 'ecr-public:GetAuthorizationToken, sts:GetServiceBearerToken'
    throw new LadingError('denied', `ECR gave no token: ${answer.error || answer.status} ${answer.message}`.trim(), {
      status: answer.status,
      hint: `the AWS identity needs ${permission}; check which one it is with \`aws sts get-caller-identity\``,
    })
  }
  const { authorizationData } = answer.value
  const data: unknown = Array.isArray(authorizationData) ? authorizationData[0] : authorizationData
  const token =
    typeof data === 'object' && data !== null && 'authorizationToken' in data ? data.authorizationToken : undefined
  const [username, password] = typeof token === 'string' ? splitOnce(Buffer.from(token, 'base64').toString()) : []
  if (username === undefined || password === undefined) {
    throw new LadingError('protocol-error', 'ECR answered without a token', { hint: 'try again' })
  }
  const expires = typeof data === 'object' && data !== null && 'expiresAt' in data ? Number(data.expiresAt) : Number.NaN
  const expiresAt = Number.isFinite(expires) ? expires * 1000 : Date.now() + defaultLifetimeMs
  return { credential: { kind: 'password', username, password }, expiresAt }
}

function splitOnce(text: string): [string, string] | [] {
  const colon = text.indexOf(':')
  return colon === -1 ? [] : [text.slice(0, colon), text.slice(colon + 1)]
}
