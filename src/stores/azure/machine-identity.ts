import type { TokenCredential } from '@azure/identity'
import type { StoreContext } from '../store-context.ts'
import { lendHttp, lentHttp } from './lent-http.ts'
import { loadIdentitySdk, loadPipelineSdk } from './load-sdk.ts'
import { identityHttpClient } from './sdk-http.ts'

/** Who this machine or its user is for Microsoft Entra, as long as it is open. Nothing is asked before a token is. */
export async function openMachineIdentity(
  context: Pick<StoreContext, 'http'>,
): Promise<Disposable & { readonly credential: TokenCredential }> {
  const [{ DefaultAzureCredential }, { createHttpHeaders }] = await Promise.all([loadIdentitySdk(), loadPipelineSdk()])
  const credential = new DefaultAzureCredential({
    httpClient: identityHttpClient(lentHttp, createHttpHeaders),
    retryOptions: { maxRetries: 0 },
  })
  const lent = lendHttp(context.http)
  return { credential, [Symbol.dispose]: () => lent[Symbol.dispose]() }
}
