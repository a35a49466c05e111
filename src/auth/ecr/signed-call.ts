import { createHash, createHmac } from 'node:crypto'
import { LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import { limits } from '../../model/limits.ts'
import { readJson } from '../../model/read-json.ts'
import { readAll } from '../../streams/index.ts'
import type { EcrRegistry } from './ecr-registry.ts'

export interface AwsIdentity {
  readonly http: HttpClient
  /** Of the AWS configuration files. */
  readonly profile?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** What AWS's API answered: its JSON, or the name and the message of its error. */
export type CallAnswer =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly status: number; readonly error: string; readonly message: string }

const maxAnswerBytes = limits.tokenBytes

/** The service names in `X-Amz-Target`: Amazon ECR and ECR Public API references. */
const targets = { ecr: 'AmazonEC2ContainerRegistry_V20150921', 'ecr-public': 'SpencerFrontendService' } as const

/**
 * Calls ECR's API as the AWS credentials that are found as the AWS tools find them: environment, profiles, SSO, web identity,
 * container and instance roles.
 *
 * Two calls are all that is needed of it, so the official signer is used and not two more clients.
 *
 * @throws LadingError `credential-helper` where there are no AWS credentials, and what the connection throws
 */
export async function callEcr(
  registry: EcrRegistry,
  action: string,
  input: Readonly<Record<string, unknown>>,
  { http, profile, environment }: AwsIdentity,
): Promise<CallAnswer> {
  const [{ SignatureV4 }, { fromIni, fromNodeProviderChain }] = await loadAws()
  // The chain would go on where the profile is absent, and act as this machine's role: somebody else than who was named.
  const credentials = profile === undefined ? fromNodeProviderChain() : fromIni({ profile })
  const { service, region } = registry
  const endpoint = new URL(environment.AWS_ENDPOINT_URL_ECR ?? environment.AWS_ENDPOINT_URL ?? registry.endpoint)
  const body = JSON.stringify(input)
  const signer = new SignatureV4({ service, region, credentials, sha256: NodeSha256 })
  const request = {
    method: 'POST',
    protocol: endpoint.protocol,
    hostname: endpoint.hostname,
    ...(endpoint.port === '' ? {} : { port: Number(endpoint.port) }),
    path: '/',
    headers: {
      host: endpoint.host,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `${targets[service]}.${action}`,
    },
    body,
  }
  const { headers } = await signed(() => signer.sign(request))
  const { host: _, ...sent } = headers
  const response = await http.request({
    method: 'POST',
    url: endpoint.href,
    headers: sent,
    body: new TextEncoder().encode(body),
    // Asking for a token, or for a repository that exists already, twice does no harm.
    idempotent: true,
    documentBytes: maxAnswerBytes,
  })
  const answer = parseAnswer(await readAll(response.body, maxAnswerBytes, `the answer of ${endpoint.host}`))
  if (response.status === 200) return { ok: true, value: answer }
  const type = typeof answer.__type === 'string' ? answer.__type : ''
  const message = [answer.message, answer.Message].find(text => typeof text === 'string') ?? ''
  return { ok: false, status: response.status, error: type.slice(type.lastIndexOf('#') + 1), message: String(message) }
}

async function loadAws() {
  try {
    return await Promise.all([import('@smithy/signature-v4'), import('@aws-sdk/credential-providers')])
  } catch (cause) {
    throw new LadingError('unsupported', 'the AWS packages that ECR needs are not installed', {
      cause,
      hint: 'npm install @smithy/signature-v4 @aws-sdk/credential-providers, or log in with `lading login`',
    })
  }
}

async function signed<T>(sign: () => Promise<T>): Promise<T> {
  try {
    return await sign()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new LadingError('credential-helper', `no AWS credentials for ECR: ${why}`, { cause })
  }
}

function parseAnswer(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = readJson(new TextDecoder().decode(bytes))
    // spread of an object whose fields are looked at one by one
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

/** The hash in the form that the signer asks for. */
class NodeSha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', asBuffer(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(asBuffer(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {}
}

function asBuffer(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data)
}
