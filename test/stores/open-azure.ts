import type { HttpClient, HttpRequest, HttpResponse } from '../../src/http/index.ts'
import { openAzureStore } from '../../src/stores/azure/azure-store.ts'
import { checkedStore, type ObjectStore } from '../../src/stores/index.ts'
import type { StoreContext } from '../../src/stores/store-context.ts'
import { openHttpTestClient } from '../../src/testing/http-test-client.ts'

/** Stands between a store and its HTTP client: changes what is sent, counts it, or does something first. */
export type Intercept = (
  request: HttpRequest,
  next: (request: HttpRequest) => Promise<HttpResponse>,
) => Promise<HttpResponse>

/** Opens a bucket whose HTTP client waits for nothing between attempts. */
export async function openAzure(
  root: string,
  settings: Pick<StoreContext, 'cloud' | 'environment'>,
  intercept: Intercept = (request, next) => next(request),
): Promise<ObjectStore> {
  const client = openHttpTestClient()
  const http: HttpClient = {
    request: request => intercept(request, changed => client.http.request(changed)),
    direct: () => undefined,
    pause: (pause, signal) => client.http.pause(pause, signal),
    [Symbol.asyncDispose]: () => client.http[Symbol.asyncDispose](),
  }
  const context = { ...settings, http: async () => http, warn: () => {} }
  return checkedStore(await openAzureStore(root, context), async () => await client[Symbol.asyncDispose]())
}

/** Which of Azure's operations a request is. */
export function operationOf({ method, url, headers = {} }: HttpRequest): string {
  const query = new URL(url).searchParams
  const what = query.get('comp') ?? (query.get('restype') === 'container' ? 'container' : 'blob')
  return `${method} ${'x-ms-copy-source' in headers ? 'copy' : what}`
}
