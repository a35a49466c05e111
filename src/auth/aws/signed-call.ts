import { createHash, createHmac } from 'node:crypto'
import { isMissingPackage, LadingError } from '../../errors/index.ts'
import type { HttpClient } from '../../http/index.ts'
import { limits } from '../../model/limits.ts'
import { readJson } from '../../model/read-json.ts'
import { readAll } from '../../streams/index.ts'

export interface AwsIdentity {
  readonly http: HttpClient
  /** Of the AWS configuration files. */
  readonly profile?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** One call of a service that speaks AWS JSON 1.1. Sending it twice MUST do no harm. */
export interface AwsCall {
  /** As a user knows it, for messages: `ECR`. */
  readonly name: string
  /** The name that signatures are made with: `ecr`. */
  readonly service: string
  readonly region: string
  /** The API's origin. */
  readonly endpoint: string
  /** `X-Amz-Target`: the service's version, a full stop and the action. */
  readonly target: string
  readonly input: Readonly<Record<string, unknown>>
  readonly signal?: AbortSignal | undefined
}

/** What AWS's API answered: its JSON, or the name and the message of its error. */
export type CallAnswer =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly status: number; readonly error: string; readonly message: string }

const maxAnswerBytes = limits.tokenBytes

/**
 * Calls an API of AWS with the credentials that are found as the AWS tools find them: environment, profiles, SSO, web identity,
 * container and instance roles.
 *
 * A few calls are all that is needed of each service, so the official signer is used and no more clients.
 *
 * @throws LadingError `credential-helper` where there are no AWS credentials, and what the connection throws
 */
export async function callAws(call: AwsCall, { http, profile }: AwsIdentity): Promise<CallAnswer> {
  const { name, service, region, target, input, signal } = call
  const [{ SignatureV4 }, { fromIni, fromNodeProviderChain }] = await loadAws(name)
  // The chain would go on where the profile is absent, and act as this machine's role: somebody else than who was named.
  const credentials = profile === undefined ? fromNodeProviderChain() : fromIni({ profile })
  const endpoint = new URL(call.endpoint)
  const body = JSON.stringify(input)
  const signer = new SignatureV4({ service, region, credentials, sha256: NodeSha256 })
  const request = {
    method: 'POST',
    protocol: endpoint.protocol,
    hostname: endpoint.hostname,
    ...(endpoint.port === '' ? {} : { port: Number(endpoint.port) }),
    path: '/',
    headers: { host: endpoint.host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
    body,
  }
  const { headers } = await signed(name, () => signer.sign(request))
  const { host: _, ...sent } = headers
  const response = await http.request({
    method: 'POST',
    url: endpoint.href,
    headers: sent,
    body: new TextEncoder().encode(body),
    idempotent: true,
    documentBytes: maxAnswerBytes,
    signal,
  })
  const answer = parseAnswer(await readAll(response.body, maxAnswerBytes, `the answer of ${endpoint.host}`))
  if (response.status === 200) return { ok: true, value: answer }
  const type = typeof answer.__type === 'string' ? answer.__type : ''
  const message = [answer.message, answer.Message].find(text => typeof text === 'string') ?? ''
  return { ok: false, status: response.status, error: type.slice(type.lastIndexOf('#') + 1), message: String(message) }
}

async function loadAws(name: string) {
  try {
    return await Promise.all([import('@smithy/signature-v4'), import('@aws-sdk/credential-providers')])
  } catch (cause) {
    if (!isMissingPackage(cause)) throw cause
    throw new LadingError('unsupported', `the AWS packages that ${name} needs are not installed`, {
      cause,
      hint: 'npm install @smithy/signature-v4 @aws-sdk/credential-providers',
    })
  }
}

async function signed<T>(name: string, sign: () => Promise<T>): Promise<T> {
  try {
    return await sign()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new LadingError('credential-helper', `no AWS credentials for ${name}: ${why}`, { cause })
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
