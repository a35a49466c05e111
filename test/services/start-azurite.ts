import { realpathSync } from 'node:fs'
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { StoreContext } from '../../src/stores/index.ts'
import { servicePath } from './peer.ts'
import { startProcess } from './start-process.ts'

/** The account of every Azurite. Its key is published, and opens nothing else. */
export const azuriteAccount = {
  account: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
} as const

export interface AzuriteServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** With the account in its path. */
  readonly endpoint: string
  /** What opens it: the options and the environment of a store. */
  readonly settings: Pick<StoreContext, 'cloud' | 'environment'>
  /** Makes an empty container and gives its name. */
  container(): Promise<string>
  /** The SDK's own client of it, for what lading does not do. */
  client(container: string): ContainerClient
  log(): string
}

export interface AzuriteOptions {
  /** Serves HTTPS and takes the tokens of identities, whose signature it does not check. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string }
}

/**
 * Starts Azurite on a free port, empty and in memory.
 *
 * What it cannot: Put Block From URL (501) and CRC64 (500). It lists in the order of UTF-16.
 */
export async function startAzurite({ tls }: AzuriteOptions = {}): Promise<AzuriteServer> {
  const secure = tls === undefined ? [] : ['--cert', tls.certificateFile, '--key', tls.keyFile, '--oauth', 'basic']
  const child = await startProcess(
    process.execPath,
    [
      realpathSync(servicePath('azurite-blob')),
      ...['--blobHost', '127.0.0.1', '--blobPort', '0', '--blobKeepAliveTimeout', '60'],
      ...['--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry', '--silent', ...secure],
    ],
    /listens on (https?:\/\/127\.0\.0\.1:\d+)/,
    { AZURITE_TELEMETRY_DISABLED: 'true' },
  )
  const origin = child.match[1] ?? ''
  const endpoint = `${origin}/${azuriteAccount.account}`
  const credential = new StorageSharedKeyCredential(azuriteAccount.account, azuriteAccount.key)
  const client = (container: string) => new ContainerClient(`${endpoint}/${container}`, credential)
  let made = 0
  return {
    origin,
    endpoint,
    settings: { cloud: { endpoint }, environment: { AZURE_STORAGE_KEY: azuriteAccount.key } },
    async container() {
      const name = `test-${++made}`
      await client(name).create()
      return name
    },
    client,
    log: () => child.log(),
    [Symbol.asyncDispose]: () => child.stop(),
  }
}
