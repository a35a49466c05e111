import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/index.ts'
import { limits } from '../../model/limits.ts'
import { readJson } from '../../model/read-json.ts'
import { readAll } from '../../streams/index.ts'
import type { TransportContext } from '../transport.ts'
import type { DaemonAddress } from './daemon-address.ts'
import { notAnswering, refusal } from './engine-error.ts'
import { findDaemon } from './find-daemon.ts'

/** Docker's API, of a daemon that answers. */
export interface Engine {
  readonly address: DaemonAddress
  /** The minor version that is spoken: 48 is API 1.48, of Docker 28. */
  readonly api: number
  /** Who keeps the images. What is known of an image by its ID depends on it. */
  readonly store: 'docker' | 'containerd' | 'podman'
  /** @throws LadingError for every answer that is none of success: `image-not-found` for 404, else `server-error` */
  request(request: EngineRequest): Promise<HttpResponse>
  json<T extends v.GenericSchema>(path: string, schema: T, signal?: AbortSignal): Promise<v.InferOutput<T>>
}

export interface EngineRequest extends Pick<HttpRequest, 'headers' | 'body' | 'signal'> {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Behind the version: `/images/json`. */
  readonly path: string
}

/** The newest version whose answers are known here. */
const newestApi = 51
/** Docker of before 1.48 collects an image before it sends the first byte, and a load may be silent as long. */
const silenceMs = 60 * 60 * 1000

const infoSchema = v.looseObject({ DriverStatus: v.nullish(v.array(v.array(v.string())), []) })

/** @throws LadingError `daemon-unavailable`, `tls`, and what finding it throws */
export async function openEngine(context: TransportContext): Promise<Engine> {
  const address = await findDaemon(context)
  const http = await context.http()
  const ping = await askWhoIsThere(http, address, context.signal)
  const offered = /^1\.(\d{1,4})$/.exec(ping.headers.get('api-version') ?? '')?.[1]
  if (offered === undefined) {
    throw new LadingError('daemon-unavailable', `what answers at ${address.name} is not Docker`, {
      hint: 'it does not name a version of Docker’s API: check the address',
    })
  }
  const api = Math.min(Number(offered), newestApi)

  async function request({ path, ...rest }: EngineRequest): Promise<HttpResponse> {
    const response = await http.request({
      ...rest,
      url: `${address.origin}/v1.${api}${path}`,
      route: address.route,
      tlsVerify: address.tlsVerify,
      silenceMs,
      attempts: 1,
      followRedirects: false,
    })
    if (response.status >= 200 && response.status < 300) return response
    throw await refusal(response)
  }

  async function json<T extends v.GenericSchema>(path: string, schema: T, signal?: AbortSignal) {
    const response = await request({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) })
    const text = new TextDecoder().decode(
      await readAll(response.body, limits.daemonAnswerBytes, `the answer to ${path}`),
    )
    try {
      return v.parse(schema, readJson(text))
    } catch (cause) {
      throw new LadingError('protocol-error', `Docker's answer to GET ${path} is not what its API says`, { cause })
    }
  }

  const engine = { address, api, request, json }
  if (ping.headers.has('libpod-api-version')) return { ...engine, store: 'podman' }
  const { DriverStatus: status } = await json('/info', infoSchema, context.signal)
  const isContainerd = status?.some(([, value]) => value === 'io.containerd.snapshotter.v1')
  return { ...engine, store: isContainerd ? 'containerd' : 'docker' }
}

async function askWhoIsThere(http: HttpClient, address: DaemonAddress, signal: AbortSignal | undefined) {
  const url = `${address.origin}/_ping`
  const { route, tlsVerify } = address
  try {
    const answer = await http.request({ method: 'GET', url, route, tlsVerify, signal, attempts: 1 })
    await answer.discard()
    return answer
  } catch (error) {
    throw notAnswering(error, address)
  }
}
