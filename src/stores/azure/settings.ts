import { isIP } from 'node:net'
import { LadingError } from '../../errors/index.ts'
import type { CloudOptions, StoreContext } from '../store-context.ts'
import { type AzureConnection, parseConnectionString } from './connection-string.ts'

export type AzureCredential =
  | { readonly kind: 'key'; readonly key: string }
  /** Without the `?`. */
  | { readonly kind: 'sas'; readonly token: string }
  /** Whoever the environment, the machine or `az login` says we are. */
  | { readonly kind: 'identity' }

/** Where a bucket is in Azure, and who asks for it. */
export interface AzureSettings {
  /** Without query and final slash. With an account in the path where the host does not name it. */
  readonly endpoint: string
  readonly account: string
  readonly container: string
  /** Of every key: empty, or ends with a slash. */
  readonly prefix: string
  readonly credential: AzureCredential
}

/**
 * Decides the account first and takes credentials for no other: with two accounts in one command, the key of the one never goes
 * to the other. Among credentials the order is that of the `az` command: connection string, key, SAS, identity.
 *
 * @throws LadingError `bad-argument`, or `unauthorized` where an identity's token would go over plain HTTP
 */
export function azureSettings(
  root: string,
  { cloud, environment }: Pick<StoreContext, 'cloud' | 'environment'>,
): AzureSettings {
  const { container, prefix } = splitRoot(root)
  const text = environment.AZURE_STORAGE_CONNECTION_STRING
  const connection = text ? parseConnectionString(text) : undefined
  const connected = connection && (connection.account ?? accountOf(new URL(connection.endpoint)))
  const asked = cloud.account || (cloud.endpoint ? accountOf(parseEndpoint(cloud.endpoint)) : undefined)
  const account = asked ?? connected ?? (environment.AZURE_STORAGE_ACCOUNT || undefined)
  if (account === undefined) {
    throw new LadingError('bad-argument', `it is not known which storage account has the container ${container}`, {
      hint: 'name it with --account or AZURE_STORAGE_ACCOUNT, or set AZURE_STORAGE_CONNECTION_STRING',
    })
  }
  const own = connected === account ? connection : undefined
  const url = endpointUrl(cloud, own, account)
  const credential = credentialOf(url, own, account, environment)
  const endpoint = `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  if (credential.kind === 'identity' && url.protocol !== 'https:') {
    throw new LadingError('unauthorized', `there is no key for ${endpoint}, and a token must not go over plain HTTP`, {
      hint: 'set AZURE_STORAGE_KEY or AZURE_STORAGE_CONNECTION_STRING for this account, or use an https:// endpoint',
    })
  }
  return { endpoint, account, container, prefix, credential }
}

function splitRoot(root: string): { container: string; prefix: string } {
  const slash = root.indexOf('/')
  const container = slash === -1 ? root : root.slice(0, slash)
  if (!/^([a-z0-9](-?[a-z0-9]){2,62}|\$root|\$web)$/.test(container) || container.length > 63) {
    throw new LadingError('bad-argument', `${JSON.stringify(container)} cannot be the name of a container`, {
      hint: 'it is 3 to 63 lower-case letters, digits and single hyphens',
    })
  }
  return { container, prefix: slash === -1 ? '' : `${root.slice(slash + 1)}/` }
}

function endpointUrl(cloud: CloudOptions, connection: AzureConnection | undefined, account: string): URL {
  if (!cloud.endpoint) return new URL(connection?.endpoint ?? `https://${account}.blob.core.windows.net`)
  const url = parseEndpoint(cloud.endpoint)
  // An emulator's endpoint without its account: the host cannot name it.
  if (isPathStyle(url) && url.pathname === '/') url.pathname = `/${account}`
  return url
}

function parseEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol)) return url
  // It may hold a SAS, so it is not repeated.
  throw new LadingError('bad-argument', 'the endpoint of the storage account is not a URL', {
    hint: 'write https://ACCOUNT.blob.core.windows.net, or for an emulator http://127.0.0.1:10000/ACCOUNT',
  })
}

/** `https://ACCOUNT.blob.core.windows.net`, `http://127.0.0.1:10000/ACCOUNT`; a domain of one's own does not say it. */
function accountOf(url: URL): string | undefined {
  if (isPathStyle(url)) return url.pathname.split('/')[1] || undefined
  return /^([a-z0-9-]+)\.(?:[a-z0-9]+\.)?blob\./.exec(url.hostname)?.[1]
}

function isPathStyle({ hostname }: URL): boolean {
  return !hostname.includes('.') || isIP(hostname) !== 0 || hostname.endsWith('.localhost')
}

function credentialOf(
  url: URL,
  connection: AzureConnection | undefined,
  account: string,
  environment: StoreContext['environment'],
): AzureCredential {
  const inUrl = url.searchParams.has('sig') ? url.search.slice(1) : undefined
  if (inUrl !== undefined) return { kind: 'sas', token: inUrl }
  if (connection?.key !== undefined) return { kind: 'key', key: connection.key }
  if (connection?.sas !== undefined) return { kind: 'sas', token: connection.sas }
  const forThis = !environment.AZURE_STORAGE_ACCOUNT || environment.AZURE_STORAGE_ACCOUNT === account
  if (forThis && environment.AZURE_STORAGE_KEY) return { kind: 'key', key: environment.AZURE_STORAGE_KEY }
  const token = environment.AZURE_STORAGE_SAS_TOKEN?.replace(/^\?/, '')
  if (forThis && token) return { kind: 'sas', token }
  return { kind: 'identity' }
}
