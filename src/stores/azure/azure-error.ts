import { type ErrorCode, isLadingError, LadingError, systemCode } from '../../errors/index.ts'
import { identityError } from './identity-error.ts'
import { isChangedOnTheWay, isRefusal, type Refusal, refusalCode, triedOf } from './refusal.ts'
import { explainSas, isSasExpired } from './sas.ts'
import type { AzureSettings } from './settings.ts'

type Explanation = readonly [code: ErrorCode, message: string, hint?: string]

/** Azure refuses a signature whose date is further from its own clock than this. */
const maxSkewMs = 15 * 60 * 1000

/**
 * What the service refused, in lading's words.
 *
 * Its own text is never repeated: for a bad signature that is the string to sign, with all headers and the path of the SAS. The
 * error of the SDK is no `cause` either, since it holds the request.
 */
export function azureError(error: unknown, settings: AzureSettings): unknown {
  if (isLadingError(error)) return hostError(error, settings)
  if (isRefusal(error)) {
    const [code, message, hint] = explain(error, settings)
    return new LadingError(code, message, { hint, status: error.statusCode }).afterTrying(triedOf(error))
  }
  // The SDK throws these where an answer is not one of Azure's.
  if (error instanceof RangeError || error instanceof SyntaxError) {
    return new LadingError('protocol-error', `${settings.endpoint} does not answer like Azure Blob Storage`, {
      hint: 'check the endpoint, and what stands before it',
    })
  }
  return identityError(error) ?? error
}

/** The host of an account exists as long as the account does. */
function hostError(error: LadingError, { account, endpoint }: AzureSettings): LadingError {
  const { host, hostname } = new URL(endpoint)
  if (error.code !== 'network') return error
  if (systemCode(error.cause) === 'ENOTFOUND' && hostname.includes('.blob.')) {
    return new LadingError('bucket-not-found', `there is no storage account ${account}: no host ${host} is known`, {
      hint: 'check --account and AZURE_STORAGE_ACCOUNT; a cloud of its own (China, US Government) needs --endpoint',
      cause: error,
    })
  }
  const hint = `check that the endpoint of the storage account is right and can be reached: ${endpoint}`
  return new LadingError(error.code, error.message, {
    hint,
    cause: error.cause,
    status: error.status,
    tried: error.tried,
  })
}

function explain(refusal: Refusal, settings: AzureSettings): Explanation {
  const { account, container, endpoint } = settings
  const code = refusalCode(refusal)
  const status = refusal.statusCode ?? 0
  if (isChangedOnTheWay(refusal)) {
    const hint = 'something between here and there is broken, or rewrites what passes'
    return ['network', 'the bytes were changed on their way to Azure', hint]
  }
  const known = Object.hasOwn(explanations, code) ? explanations[code] : undefined
  if (known !== undefined) return known(settings, refusal)
  if (status === 429) return ['rate-limited', `the storage account ${account} refuses more requests for now`]
  if (status >= 400 && status < 500 && refusal.response?.headers.get('x-ms-request-id') === undefined) {
    return ['protocol-error', `${endpoint} does not answer like Azure Blob Storage (${status})`, 'check the endpoint']
  }
  if (status === 401) return notAuthenticated(settings, refusal)
  if (status === 403) return notAllowed(settings)
  if (code.startsWith('Lease')) {
    return ['denied', 'somebody holds a lease on the object', 'release it: az storage blob lease break']
  }
  if (/Immutab|LegalHold/.test(code)) {
    return ['denied', `a retention policy of the container ${container} keeps the object as it is (${code})`]
  }
  if (status === 412) return ['precondition-failed', 'it is not the version that was asked for']
  if (status >= 500) return ['server-error', `the storage account ${account} failed (${status}${code && ` ${code}`})`]
  return ['protocol-error', `the storage account ${account} answered ${status} ${code}`.trim()]
}

const explanations: Readonly<Record<string, (settings: AzureSettings, refusal: Refusal) => Explanation>> = {
  BlobNotFound: () => ['blob-not-found', 'there is no such object'],
  BlobAlreadyExists: () => ['precondition-failed', 'it exists already'],
  ContainerNotFound: noContainer,
  ContainerBeingDeleted: ({ container }) => [
    'bucket-not-found',
    `the container ${container} is being deleted`,
    'that takes half a minute or more; create it again afterwards',
  ],
  ContainerDisabled: noContainer,
  ResourceNotFound: noContainer,
  AccountIsDisabled: ({ account }) => ['denied', `the storage account ${account} is disabled`],
  AuthenticationFailed: notAuthenticated,
  InvalidAuthenticationInfo: notAuthenticated,
  NoAuthenticationInformation: notAuthenticated,
  AuthorizationFailure: notAllowed,
  AuthorizationPermissionMismatch: notAllowed,
  InsufficientAccountPermissions: notAllowed,
  AuthorizationProtocolMismatch: () => ['denied', 'the SAS token allows https only', 'use an https:// endpoint'],
  AuthorizationSourceIPMismatch: () => ['denied', 'the SAS token does not allow the address of this machine'],
  KeyBasedAuthenticationNotPermitted: ({ account }) => [
    'denied',
    `the storage account ${account} accepts no keys`,
    'use an identity: unset AZURE_STORAGE_KEY and AZURE_STORAGE_CONNECTION_STRING, and log in with `az login`',
  ],
  BlobArchived: archived,
  BlobBeingRehydrated: () => [
    'denied',
    'the object is on its way out of the archive tier',
    'try again when it is there',
  ],
  ServerBusy: ({ account }) => ['rate-limited', `the storage account ${account} refuses more requests for now`],
  PendingCopyOperation: () => ['server-error', 'Azure is still copying another object to this key'],
  InvalidBlobOrBlock: () => [
    'denied',
    'another program has begun to upload this object in blocks of its own naming',
    'let it finish; Azure forgets what it left within a week',
  ],
  RequestBodyTooLarge: () => ['too-large', 'the object is larger than Azure takes'],
  InvalidResourceName: ({ container }) => ['bad-argument', `Azure does not take ${container} or this key as a name`],
}

function noContainer({ account, container }: AzureSettings): Explanation {
  const hint = `check its name, or create it: az storage container create --account-name ${account} --name ${container}`
  return ['bucket-not-found', `the storage account ${account} has no container ${container}`, hint]
}

function archived(): Explanation {
  const hint = 'bring it back, which takes hours: az storage blob set-tier --tier Hot'
  return ['denied', 'the object is in the archive tier and cannot be read', hint]
}

function notAuthenticated(settings: AzureSettings, refusal: Refusal): Explanation {
  const { account, credential } = settings
  const serverTime = Date.parse(refusal.response?.headers.get('date') ?? '')
  const skew = Date.now() - serverTime
  if (Math.abs(skew) > maxSkewMs) {
    const minutes = Math.round(Math.abs(skew) / 60_000)
    const message = `this machine's clock is ${minutes} minutes ${skew > 0 ? 'ahead of' : 'behind'} Azure's, which refuses it`
    return ['unauthorized', message, 'set the clock']
  }
  const refused = `the storage account ${account} refused`
  switch (credential.kind) {
    case 'key':
      return [
        'unauthorized',
        `${refused} the key`,
        'check AZURE_STORAGE_KEY or the connection string; keys are rotated',
      ]
    case 'sas':
      return (
        expiredSas(settings) ?? [
          'unauthorized',
          `${refused} the SAS token`,
          `it must be whole, and of this account; ${explainSas(credential.token)}`,
        ]
      )
    case 'identity':
      return ['unauthorized', `${refused} the identity's token`, 'log in again with `az login`, and check the tenant']
  }
}

function notAllowed(settings: AzureSettings): Explanation {
  const { account, container, credential } = settings
  const firewall = `see whether the account's network rules let this machine in`
  switch (credential.kind) {
    case 'key':
      return [
        'denied',
        `the storage account ${account} does not allow this with the key in use`,
        `${firewall}; an emulator says this of a wrong AZURE_STORAGE_KEY too`,
      ]
    case 'sas':
      return (
        expiredSas(settings) ?? [
          'denied',
          `the SAS token does not allow this in ${account}/${container}`,
          `it needs r and l to read, and c, w and d to write; ${explainSas(credential.token)}`,
        ]
      )
    case 'identity':
      return [
        'denied',
        `the identity may not do this in ${account}/${container}`,
        `give it the role Storage Blob Data Reader, or to write Storage Blob Data Contributor, and ${firewall}`,
      ]
  }
}

function expiredSas({ account, credential }: AzureSettings): Explanation | undefined {
  if (credential.kind !== 'sas' || !isSasExpired(credential.token, Date.now())) return undefined
  return ['unauthorized', `the SAS token for ${account} has expired`, `make a new one; ${explainSas(credential.token)}`]
}
