import type { KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import { close, listen } from '../../src/testing/listen.ts'
import { isSigned } from './aws-signature.ts'
import { hashNameOf, isDigestOf, serviceSignature, spkiDer } from './service-keys.ts'
import { awsKeys } from './start-ecr-api.ts'

export interface AwsKms extends AsyncDisposable {
  readonly url: string
  /** By what names them: `alias/x`, a key ID or an ARN. */
  readonly keys: Map<string, KeyObject>
  /** `Sign alias/x`, in order; refused ones too. */
  readonly calls: string[]
  /** What every call is refused with. */
  refusal: { readonly status: number; readonly type: string } | undefined
  usage: 'SIGN_VERIFY' | 'ENCRYPT_DECRYPT'
  /** Signs something else than what it was asked to. */
  lies: boolean
}

/** A stand-in for AWS KMS that checks the signature of every call, and signs digests with the keys that it has. */
export async function startAwsKms(): Promise<AwsKms> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request))
    const action = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    const input = JSON.parse(body.toString())
    kms.calls.push(`${action} ${input.KeyId}`)
    const answer = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(value))
    const refuse = (type: string) => answer(400, { __type: type, message: `${type} of ${input.KeyId}` })
    const { method = '', url = '', headers } = request
    if (!isSigned({ method, path: url, headers, body }, awsKeys.secretAccessKey))
      return refuse('InvalidSignatureException')
    if (kms.refusal !== undefined) return answer(kms.refusal.status, { __type: kms.refusal.type, message: 'refused' })
    const key = kms.keys.get(input.KeyId)
    if (key === undefined) return refuse('NotFoundException')
    const algorithm = algorithmOf(key)
    const about = { KeyId: input.KeyId, KeyUsage: kms.usage, SigningAlgorithms: [algorithm] }
    if (action === 'DescribeKey') return answer(200, { KeyMetadata: about })
    if (action === 'GetPublicKey') return answer(200, { ...about, PublicKey: spkiDer(key).toString('base64') })
    const message = Buffer.from(input.Message, 'base64')
    const isDigest = input.MessageType === 'DIGEST' && isDigestOf(hashNameOf(key), message)
    const isRaw = input.MessageType === 'RAW' && key.asymmetricKeyType === 'ed25519'
    if (action !== 'Sign' || input.SigningAlgorithm !== algorithm || !(isDigest || isRaw))
      return refuse('ValidationException')
    const signature = serviceSignature(key, kms.lies ? Buffer.alloc(message.byteLength) : message)
    return answer(200, { ...about, Signature: signature.toString('base64'), SigningAlgorithm: algorithm })
  })
  const host = await listen(server)
  const kms: AwsKms = {
    url: `http://${host}`,
    keys: new Map(),
    calls: [],
    refusal: undefined,
    usage: 'SIGN_VERIFY',
    lies: false,
    [Symbol.asyncDispose]: () => close(server),
  }
  return kms
}

/** The only one that it offers, so that whoever takes the first (cosign) takes this. */
function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'ed25519') return 'ED25519_SHA_512'
  const hash = hashNameOf(key) === 'sha256' ? 'SHA_256' : 'SHA_384'
  return key.asymmetricKeyType === 'rsa' ? `RSASSA_PKCS1_V1_5_${hash}` : `ECDSA_${hash}`
}
