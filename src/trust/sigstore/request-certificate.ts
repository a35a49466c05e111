import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { keepSecret } from '../../errors/known-secrets.ts'
import type { HttpClient } from '../../http/index.ts'
import { readJson } from '../../model/read-json.ts'
import { readCertificate } from './certificate-chain.ts'
import { keySigner } from './key-signer.ts'
import { formatPem, parsePem } from './pem.ts'
import { formatPublicKey } from './read-public-key.ts'
import { askService, readAnswer, type Service, serviceUrl } from './service-request.ts'
import { signBytes } from './signature-scheme.ts'
import type { SigningIdentity } from './signing-identity.ts'

const chain = v.object({
  chain: v.object({ certificates: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(10)) }),
})
/** Fulcio's API, SigningCertificate: with the proof of its log inside, or beside. */
const answer = v.union([
  v.pipe(
    v.object({ signedCertificateEmbeddedSct: chain }),
    v.transform(one => one.signedCertificateEmbeddedSct.chain.certificates),
  ),
  v.pipe(
    v.object({ signedCertificateDetachedSct: chain }),
    v.transform(one => one.signedCertificateDetachedSct.chain.certificates),
  ),
])

/** What of a token says who it is of. Nobody here verifies it: Fulcio does. */
const claims = v.object({
  sub: v.optional(v.string()),
  email: v.optional(v.string()),
  exp: v.optional(v.number()),
})

/**
 * Asks Fulcio for a certificate for whom an OIDC token is of, over a new key that this process alone has and then forgets.
 *
 * @param url `https://fulcio.sigstore.dev`
 * @throws LadingError `bad-argument` for a token that is none, `unauthorized`, and what the connection throws
 */
export async function requestCertificate(
  http: HttpClient,
  url: string,
  token: string,
  signal?: AbortSignal,
): Promise<SigningIdentity> {
  keepSecret(token)
  const service: Service = { http, url, name: 'Fulcio' }
  const address = serviceUrl(service, '/api/v2/signingCert')
  const subject = subjectOf(token)
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const request = {
    credentials: { oidcIdentityToken: token },
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: formatPublicKey(publicKey) },
      // whoever has the token alone gets no certificate for somebody else's key
      proofOfPossession: signBytes(privateKey, Buffer.from(subject)).toString('base64'),
    },
  }
  const { body } = await askService(
    service,
    {
      method: 'POST',
      url: address,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: Buffer.from(JSON.stringify(request)),
      signal,
    },
    [200, 201],
  )
  const [leaf = '', ...above] = readAnswer(answer, body, service).map(onlyPem)
  requireOwn(leaf, publicKey)
  return { signer: keySigner(`Fulcio (${subject})`, privateKey), certificate: { leaf, chain: above.join('') } }
}

/** @throws LadingError `protocol-error` */
function onlyPem(text: string): string {
  const [block, ...others] = parsePem(text)
  if (block?.label !== 'CERTIFICATE' || others.length > 0) {
    throw new LadingError('protocol-error', 'Fulcio answered with something else than certificates')
  }
  return formatPem(block)
}

function requireOwn(leaf: string, key: KeyObject): void {
  const certificate = readCertificate(parsePem(leaf)[0]?.bytes ?? Buffer.alloc(0))
  if (certificate.publicKey.equals(key)) return
  throw new LadingError('protocol-error', "Fulcio's certificate is for another key")
}

/** Whom the certificate will be of, which is what Fulcio has signed: the address, else the subject. @throws LadingError `bad-argument` */
function subjectOf(token: string): string {
  const refuse = (message: string, cause?: unknown) =>
    new LadingError('bad-argument', message, {
      cause,
      hint: 'a token of the OIDC issuer is needed, for the audience sigstore',
    })
  const [, payload, , ...others] = token.split('.')
  let said: v.InferOutput<typeof claims>
  try {
    if (payload === undefined || others.length > 0) throw new Error('it has other parts')
    said = v.parse(claims, readJson(Buffer.from(payload, 'base64url')))
  } catch {
    throw refuse('the OIDC token is no JSON web token')
  }
  if (said.exp !== undefined && said.exp * 1000 < Date.now()) throw refuse('the OIDC token has expired')
  const subject = said.email ?? said.sub
  if (subject === undefined || subject === '') throw refuse('the OIDC token does not say whom it is of')
  return subject
}
