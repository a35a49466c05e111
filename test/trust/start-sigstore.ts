import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { fulcioHandler, initializeCA, initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock'
import { close, listen } from '../../src/testing/listen.ts'
import { formatPem } from '../../src/trust/sigstore/pem.ts'
import { formatPublicKey, publicKeyBytes } from '../../src/trust/sigstore/read-public-key.ts'

/** Fulcio, Rekor and a timestamp authority on one port, made of @sigstore/mock: what it does not check itself is checked here. */
export interface SigstoreServer extends AsyncDisposable {
  readonly url: string
  /** `trusted_root.json` for all of them. */
  readonly trustedRoot: TrustedRootDocument
  /** PEM. */
  readonly fulcioCa: string
  readonly rekorKey: string
  /** Every request, and how to answer the next of a path otherwise. */
  readonly requests: readonly string[]
  answerNext(path: string, answer: Answer): void
}

interface Answer {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface TrustedRootDocument {
  mediaType: string
  tlogs: object[]
  certificateAuthorities: object[]
  ctlogs: object[]
  timestampAuthorities: object[]
}

const newKey = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

export async function startSigstore({ clock }: { readonly clock?: Date } = {}): Promise<SigstoreServer> {
  const keys = { ct: newKey('P-256'), ca: newKey('P-384'), log: newKey('P-256'), tsa: newKey('P-384') }
  const ctLog = await initializeCTLog(keys.ct, clock)
  const ca = await initializeCA(keys.ca, ctLog, clock)
  const tlog = await initializeTLog('http://rekor.test', keys.log, clock)
  // A whole second, since it writes others so that nobody reads them; and a later one, for the certificates are of times from now on.
  const tsa = await initializeTSA(keys.tsa, clock ?? new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000))
  const fulcio = fulcioHandler(ca)
  const requests: string[] = []
  const next = new Map<string, Answer>()
  const entries = new Map<string, string>()

  async function enter(proposed: Buffer): Promise<Answer> {
    const entry = JSON.parse(proposed.toString())
    const body = entry.kind === 'dsse' ? canonicalEnvelope(entry) : checkedHash(entry)
    const digest = sha256(Buffer.from(JSON.stringify(body))).toString('hex')
    const location = { location: `/api/v1/log/entries/${digest}` }
    if (entries.has(digest)) return { status: 409, headers: location, body: '{"code":409,"message":"it is there"}' }
    entries.set(digest, JSON.stringify(await tlog.log(body)))
    return { status: 201, headers: location, body: entries.get(digest) ?? '' }
  }

  async function answer(method: string, path: string, body: Buffer): Promise<Answer | Uint8Array> {
    if (method === 'POST' && path === fulcio.path) {
      requireProof(body)
      const { statusCode, response } = await fulcio.fn(body.toString())
      return { status: statusCode, body: String(response) }
    }
    if (method === 'POST' && path === '/api/v1/log/entries') return await enter(body)
    if (method === 'GET' && path.startsWith('/api/v1/log/entries/')) {
      const found = entries.get(path.split('/').at(-1) ?? '')
      return found === undefined ? { status: 404 } : { status: 200, body: found }
    }
    if (method === 'POST' && path === '/api/v1/timestamp') {
      // the digest is the only part of 32 bytes
      const at = body.indexOf(Buffer.from([0x04, 32]))
      const artifactHash = body.subarray(at + 2, at + 34)
      return Buffer.from(
        (await tsa.timestamp({
          artifactHash,
          hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
          nonce: 1,
          policyOID: '1.3.6.1.4.1.57264.2',
          certReq: true,
        })) as Uint8Array, // a Buffer, it says
      )
    }
    return { status: 404 }
  }

  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request
    requests.push(`${method} ${url}`)
    const body = await readBody(request)
    const scripted = next.get(url)
    next.delete(url)
    const given =
      scripted ??
      (await answer(method, url, body).catch(
        (error): Answer => ({ status: 400, body: JSON.stringify({ message: String(error) }) }),
      ))
    if (given instanceof Uint8Array) return response.writeHead(201).end(given)
    const { status, headers = {}, body: text = '' } = given
    return response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
  })
  const url = `http://${await listen(server)}`
  const always = { start: '2000-01-01T00:00:00Z' }
  const logOf = (key: KeyObject) => ({
    // by this name the log signs its checkpoints
    baseUrl: 'http://rekor.test',
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: publicKeyBytes(key).toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: always,
    },
    logId: { keyId: sha256(publicKeyBytes(key)).toString('base64') },
  })
  const authorityOf = (...certificates: ArrayBufferView<ArrayBuffer>[]) => ({
    subject: { organization: 'sigstore.mock', commonName: 'sigstore' },
    uri: url,
    certChain: { certificates: certificates.map(one => ({ rawBytes: bytesOf(one).toString('base64') })) },
    validFor: always,
  })
  return {
    url,
    requests,
    answerNext: (path, scripted) => void next.set(path, scripted),
    fulcioCa: formatPem({ label: 'CERTIFICATE', bytes: bytesOf(ca.rootCertificate) }),
    rekorKey: formatPublicKey(keys.log.publicKey),
    trustedRoot: {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [logOf(keys.log.publicKey)],
      certificateAuthorities: [authorityOf(ca.rootCertificate)],
      ctlogs: [logOf(keys.ct.publicKey)],
      timestampAuthorities: [authorityOf(tsa.intCertificate, tsa.rootCertificate)],
    },
    [Symbol.asyncDispose]: () => close(server),
  }
}

/** A token as an OIDC issuer gives it, but for its signature, which the mock does not look at. */
export function identityToken(claims: Readonly<Record<string, unknown>> = {}): string {
  const part = (content: object) => Buffer.from(JSON.stringify(content)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 600
  return `${part({ alg: 'none' })}.${part({ sub: 'https://builder.example.com/job', exp, ...claims })}.c2lnbmF0dXJl`
}

/** As Fulcio does: whoever asks has the key. */
function requireProof(body: Buffer): void {
  const { credentials, publicKeyRequest } = JSON.parse(body.toString())
  const claims = JSON.parse(Buffer.from(credentials.oidcIdentityToken.split('.')[1], 'base64url').toString())
  const key = createPublicKey(publicKeyRequest.publicKey.content)
  const proof = Buffer.from(publicKeyRequest.proofOfPossession, 'base64')
  if (!verify('sha256', Buffer.from(claims.email ?? claims.sub), key, proof)) throw new Error('no proof of possession')
}

const keyIn = (pem: string) => createPublicKey(Buffer.from(pem, 'base64').toString())

/** As Rekor keeps an envelope, whose signature it has verified. */
function canonicalEnvelope({ apiVersion, kind, spec }: { apiVersion: string; kind: string; spec: Proposed }): object {
  const envelope = JSON.parse(spec.proposedContent.envelope)
  const payload = Buffer.from(envelope.payload, 'base64')
  const [verifier = ''] = spec.proposedContent.verifiers
  const { sig } = envelope.signatures[0]
  const head = `DSSEv1 ${envelope.payloadType.length} ${envelope.payloadType} ${payload.length} `
  const signed = Buffer.concat([Buffer.from(head), payload])
  if (!verify('sha256', signed, keyIn(verifier), Buffer.from(sig, 'base64'))) throw new Error('not its signature')
  return {
    apiVersion,
    kind,
    spec: {
      envelopeHash: { algorithm: 'sha256', value: sha256(Buffer.from(spec.proposedContent.envelope)).toString('hex') },
      payloadHash: { algorithm: 'sha256', value: sha256(payload).toString('hex') },
      signatures: [{ signature: sig, verifier }],
    },
  }
}

interface Proposed {
  readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] }
}

function checkedHash(entry: {
  readonly spec: { readonly signature: { readonly publicKey: { readonly content: string } } }
}): object {
  keyIn(entry.spec.signature.publicKey.content)
  return entry
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function bytesOf(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}
