import type { S3 } from '@aws-sdk/client-s3'
import { isLadingError, type LadingError } from '../../errors/index.ts'
import type { HttpClient, HttpRequest, HttpResponse } from '../../http/index.ts'
import type { Capabilities } from '../capabilities.ts'
import type { StoreContext } from '../store-context.ts'
import { guardDeletions } from './content-md5.ts'
import { type AskedOf, explainError } from './explain-error.ts'
import { HttpClientHandler, type S3Exchange } from './http-handler.ts'
import type { S3Sdk } from './load-sdk.ts'
import { type KnownHashes, signPayloads } from './payload-hash.ts'
import { credentialProvider } from './s3-credentials.ts'
import type { S3Settings } from './s3-settings.ts'
import { regionToGoTo, saysExpired, serviceError, skewMinutes } from './service-error.ts'

/** The options of a call of the SDK, with what our handler reads in them. */
type CallOptions = NonNullable<Parameters<S3['headObject']>[1]> & { readonly exchange: S3Exchange }

export interface Call {
  /** What the identity needs to be allowed, for the error that says that it is not. */
  readonly permission: string
  readonly signal?: AbortSignal | undefined
  readonly attempts?: number
  readonly streams?: boolean
}

export interface Answered<T> {
  readonly output: T
  readonly answer: HttpResponse
}

/** How one bucket is asked: every request of the driver passes here, and every error is explained here. */
export class S3Connection {
  readonly settings: S3Settings
  readonly http: HttpClient
  readonly capabilities: Capabilities
  readonly warn: (message: string) => void
  /** Whether the bucket has answered: only then does "not found" mean the object. */
  bucketSeen = false
  /** Whether the server has refused to delete several objects in one request. */
  deletesOneByOne = false
  readonly knownHashes: KnownHashes = new WeakMap()
  readonly #sdk: S3Sdk
  readonly #environment: StoreContext['environment']
  readonly #others = new Map<string, S3Connection>()
  #region: string
  #clockWarned = false
  #client: S3 | undefined

  constructor(
    sdk: S3Sdk,
    settings: S3Settings,
    parts: {
      readonly http: HttpClient
      readonly capabilities: Capabilities
      readonly context: Pick<StoreContext, 'environment' | 'warn'>
    },
  ) {
    this.settings = settings
    this.http = parts.http
    this.capabilities = parts.capabilities
    this.warn = message => parts.context.warn(message)
    this.#sdk = sdk
    this.#environment = parts.context.environment
    this.#region = settings.region
  }

  /**
   * The connection to another bucket of the account. It has a region of its own: through one client, two buckets of different
   * regions would send it back and forth, and of calls at the same time some would find it in the wrong one twice.
   */
  to(bucket: string): S3Connection {
    if (bucket === this.settings.bucket) return this
    const known = this.#others.get(bucket)
    if (known !== undefined) return known
    const { http, capabilities, warn } = this
    const settings = { ...this.settings, bucket, prefix: '', name: `s3://${bucket}` }
    const context = { environment: this.#environment, warn }
    const made = new S3Connection(this.#sdk, settings, { http, capabilities, context })
    this.#others.set(bucket, made)
    return made
  }

  /** How S3 is told of an object. */
  at(key: string): { Bucket: string; Key: string; RequestPayer?: 'requester' } {
    return { ...this.inBucket(), Key: this.settings.prefix + key }
  }

  inBucket(): { Bucket: string; RequestPayer?: 'requester' } {
    const { bucket, requesterPays } = this.settings
    return { Bucket: bucket, ...(requesterPays ? { RequestPayer: 'requester' } : {}) }
  }

  /**
   * Calls the SDK. What a refusal tells is tried once: another region, new credentials for a token that has expired, the server's
   * time (which the SDK goes by from then on) for a clock that is wrong.
   *
   * @throws LadingError whatever S3 answers that is no success
   */
  async call<T>(call: Call, action: (s3: S3, options: CallOptions) => Promise<T>): Promise<Answered<T>> {
    const { permission, signal, attempts, streams } = call
    const tried = new Set<'region' | 'credentials' | 'time'>()
    const firstTime = (cure: 'region' | 'credentials' | 'time') => !tried.has(cure) && tried.add(cure)
    for (;;) {
      signal?.throwIfAborted()
      const region = this.#region
      const client = this.#open()
      const exchange: S3Exchange = { signal, attempts, streams }
      try {
        const output = await action(client, { exchange })
        this.bucketSeen = true
        if (exchange.answer === undefined) throw new TypeError('the SDK answered without asking')
        return { output, answer: exchange.answer }
      } catch (error) {
        signal?.throwIfAborted()
        const service = serviceError(error)
        const target = service && regionToGoTo(service)
        const skew = service && skewMinutes(service)
        if (target !== undefined && target !== region && firstTime('region')) {
          this.#reopen(client, target)
        } else if (service !== undefined && saysExpired(service) && firstTime('credentials')) {
          this.#reopen(client, region)
        } else if (skew !== undefined && firstTime('time')) {
          this.#warnOfClock(skew)
        } else {
          if (service?.name === 'NoSuchKey') this.bucketSeen = true
          const explained = explainError(error, this.asked(permission, region), exchange.answer?.status)
          throw isLadingError(explained) ? explained.afterTrying(exchange.answer?.tried) : explained
        }
      }
    }
  }

  /** As `call`; of codes that are answers too the error is given, not thrown. */
  async ask<T>(
    call: Call,
    expected: (error: LadingError) => boolean,
    action: (s3: S3, options: CallOptions) => Promise<T>,
  ): Promise<Answered<T> | LadingError> {
    try {
      return await this.call(call, action)
    } catch (error) {
      if (isLadingError(error) && expected(error)) return error
      throw error
    }
  }

  /**
   * A request as the SDK would send it now, without its body. Its signature holds for 15 minutes, and for any range:
   * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
   */
  async sign(permission: string, action: (s3: S3, options: CallOptions) => Promise<unknown>): Promise<HttpRequest> {
    const exchange: S3Exchange = { signs: true }
    try {
      await action(this.#open(), { exchange })
    } catch (error) {
      if (exchange.signed === undefined) throw explainError(error, this.asked(permission))
    }
    if (exchange.signed === undefined) throw new TypeError('the SDK answered without asking')
    // Its body is whoever's that sends it.
    const { body: _, signal: __, ...request } = exchange.signed
    return request
  }

  /** What was asked, for an error that speaks of it. */
  asked(permission: string, region = this.#region): AskedOf {
    return { settings: this.settings, region, permission }
  }

  close(): void {
    this.#client?.destroy()
    this.#client = undefined
    for (const other of this.#others.values()) other.close()
  }

  /** A new client has new credentials: the SDK keeps those that it has for as long as they claim to last. Who comes second finds it done. */
  #reopen(refused: S3, region: string): void {
    if (refused !== this.#client) return
    this.close()
    this.#region = region
  }

  #warnOfClock(minutes: number): void {
    if (this.#clockWarned) return
    this.#clockWarned = true
    const wrong = `${Math.abs(minutes)} minutes ${minutes > 0 ? 'fast' : 'slow'}`
    this.warn(`the clock of this machine is ${wrong}, by that of S3, whose time is used to sign; set the clock (NTP)`)
  }

  #open(): S3 {
    if (this.#client !== undefined) return this.#client
    const { endpoint, isAws, profile } = this.settings
    const requestHandler = new HttpClientHandler(this.http)
    const client = new this.#sdk.client.S3({
      region: this.#region,
      ...(endpoint === undefined ? {} : { endpoint: endpoint.href }),
      // The profile's has been read: the SDK would take it, and not that of the profile that was named.
      ignoreConfiguredEndpointUrls: true,
      ...(profile === undefined ? {} : { profile }),
      forcePathStyle: !isAws,
      credentials: credentialProvider(this.#sdk, this.settings, this.#environment, requestHandler),
      requestHandler,
      maxAttempts: 1,
      // Bodies are guarded by the hash that they are signed with. What the SDK would add is a trailer in a framing of its own, which
      // servers other than AWS refuse or, worse, store.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    })
    guardDeletions(client)
    signPayloads(client, this.knownHashes)
    this.#client = client
    return client
  }
}
