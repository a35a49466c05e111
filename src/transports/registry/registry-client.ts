import {
  type AwsIdentity,
  type CredentialFinder,
  createCredentialFinder,
  findRegistryCertificates,
  givenCredentialFinder,
  parseEcrRegistry,
  type RegistryRequest,
  RegistrySession,
  withEcrCredentials,
} from '../../auth/index.ts'
import type { HttpClient, HttpResponse } from '../../http/index.ts'
import type { TransportContext } from '../transport.ts'
import { refusalError } from './refusal.ts'

export interface Question extends RegistryRequest {
  /** What is asked for, as messages name it: `blob sha256:…`. */
  readonly subject: string
  /** What a 404 means. Default: that the registry does not speak the protocol. */
  readonly absent?: 'image-not-found' | 'blob-not-found'
  /** The statuses that the caller understands. */
  readonly expected: readonly number[]
}

/** One registry as every reference to it sees it. */
export class RegistryClient {
  readonly session: RegistrySession
  /** The largest body that the registry was found to take: its 413 for one blob is a lesson for all. */
  maxChunkBytes = Number.POSITIVE_INFINITY
  /** Whether it was seen to keep simple signatures itself. Those that do say so with every answer. */
  keepsSignatures = false
  #askedForSignatures = false

  constructor(session: RegistrySession) {
    this.session = session
  }

  /** Asks, and throws what any other answer than the expected ones means. @throws LadingError */
  async ask(question: Question): Promise<HttpResponse> {
    const response = await this.session.request(question)
    this.keepsSignatures ||= response.headers.get('x-registry-supports-signatures') === '1'
    if (question.expected.includes(response.status)) return response
    throw await this.refusal(response, question)
  }

  /** Whether it keeps simple signatures, asked once where no answer has said so. */
  async hasPlaceForSignatures(signal?: AbortSignal): Promise<boolean> {
    if (!this.keepsSignatures && !this.#askedForSignatures) {
      this.#askedForSignatures = true
      const expected = Array.from({ length: 200 }, (_, at) => 200 + at).concat(401, 403, 404)
      const ping = { method: 'GET', target: '/v2/', access: [], subject: 'the registry', expected, signal } as const
      await (await this.ask(ping)).discard()
    }
    return this.keepsSignatures
  }

  async refusal(response: HttpResponse, { subject, absent, access }: Pick<Question, 'subject' | 'absent' | 'access'>) {
    const repository = access[0]?.repository ?? ''
    const isRefused = response.status === 401 || response.status === 403
    const credential = isRefused ? await this.session.credentialKind(repository) : undefined
    return refusalError(response, {
      registry: this.session.registry,
      repository,
      subject,
      absent,
      anonymous: isRefused && credential === undefined,
      tokenGiven: credential === 'registry-token',
      problems: this.session.credentialProblems,
    })
  }
}

const clients = new WeakMap<HttpClient, Map<string, RegistryClient>>()

/**
 * The client of a registry: one for each HTTP client, so that both sides of a copy share what was found out, and its tokens. Sides that
 * are somebody else there share nothing.
 */
export async function openRegistryClient(registry: string, context: TransportContext): Promise<RegistryClient> {
  const http = await context.http()
  const { tlsVerify, credentials } = context
  const known = clients.get(http) ?? new Map<string, RegistryClient>()
  clients.set(http, known)
  const key = JSON.stringify([registry, tlsVerify, credentials, context.certDir, context.cloud.profile])
  const client = known.get(key) ?? (await makeClient(http, registry, context))
  // Another may have been made meanwhile: the first one stays.
  const kept = known.get(key) ?? client
  known.set(key, kept)
  return kept
}

async function makeClient(http: HttpClient, registry: string, context: TransportContext): Promise<RegistryClient> {
  const { tlsVerify } = context
  const credentials = await findCredentials(http, registry, context)
  const certificates = await findRegistryCertificates(registry, context)
  return new RegistryClient(new RegistrySession({ http, registry, credentials, tlsVerify, certificates }))
}

async function findCredentials(
  http: HttpClient,
  registry: string,
  context: TransportContext,
): Promise<CredentialFinder> {
  const { authFile, credential } = context.credentials
  if (credential !== undefined) return givenCredentialFinder(credential)
  const files = createCredentialFinder({ authFile, signal: context.signal })
  // A file that the user names is wrong even where the registry would never have asked for it.
  if (authFile !== undefined) await files.load()
  const ecr = parseEcrRegistry(registry)
  return ecr === undefined ? files : withEcrCredentials(files, ecr, awsIdentity(http, context))
}

/** Whose repositories ECR shows and makes: as for buckets on the same side. */
export function awsIdentity(http: HttpClient, { cloud, environment }: TransportContext): AwsIdentity {
  return { http, profile: cloud.profile, environment }
}
