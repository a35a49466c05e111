import { createPublicKey, type KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { type CallAnswer, callAws } from '../../auth/aws/signed-call.ts'
import { LadingError } from '../../errors/index.ts'
import { readAwsProfile } from '../../stores/s3/aws-profile.ts'
import type { KeyContext } from './key-context.ts'
import type { KeyUri } from './key-uri.ts'
import { parsePublicKey, parseServiceAnswer, parseSignature } from './service-answer.ts'
import type { ServiceKey, ToSign } from './service-key.ts'
import { serviceRefusal } from './service-refusal.ts'

const publicKeyAnswer = v.object({ PublicKey: v.string(), KeyUsage: v.string() })
const signAnswer = v.object({ Signature: v.string() })

/** A key in AWS KMS: `GetPublicKey` and `Sign` of its API reference. */
export function openAwsKey(uri: KeyUri & { kind: 'aws' }, name: string, context: KeyContext): ServiceKey {
  const call = async (action: 'GetPublicKey' | 'Sign', input: Record<string, unknown>, signal?: AbortSignal) => {
    const region = await regionOf(uri, name, context)
    const endpoint = endpointOf(uri, region, context)
    const target = `TrentService.${action}`
    const { environment } = context
    const answer = await callAws(
      { name: 'AWS KMS', service: 'kms', region, endpoint, target, input: { KeyId: uri.id, ...input }, signal },
      { http: await context.http(), environment, profile: context.cloud?.profile },
    )
    if (answer.ok) return answer.value
    throw refusal(answer, name, action)
  }
  return {
    name,
    async publicKey(signal) {
      const { PublicKey: der, KeyUsage: usage } = parseServiceAnswer(
        publicKeyAnswer,
        await call('GetPublicKey', {}, signal),
        name,
      )
      if (usage !== 'SIGN_VERIFY') {
        throw new LadingError('bad-key', `the key in AWS KMS is for ${usage}, and not for signing`, {
          operation: 'use key',
          subject: name,
          hint: 'make one with the key usage SIGN_VERIFY and the key spec ECC_NIST_P256',
        })
      }
      return parsePublicKey(
        () => createPublicKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'spki' }),
        name,
      )
    },
    async sign(what, signal) {
      const [Message, MessageType] =
        what.kind === 'digest' ? [what.digest, 'DIGEST' as const] : [what.message, 'RAW' as const]
      const input = {
        Message: Buffer.from(Message).toString('base64'),
        MessageType,
        SigningAlgorithm: algorithmOf(what, what.key),
      }
      return parseSignature(parseServiceAnswer(signAnswer, await call('Sign', input, signal), name).Signature, name)
    },
  }
}

function algorithmOf(what: ToSign, { asymmetricKeyType }: KeyObject): string {
  if (what.kind === 'message') return 'ED25519_SHA_512'
  const hash = what.hash.replace('sha', 'SHA_')
  return asymmetricKeyType === 'rsa' ? `RSASSA_PKCS1_V1_5_${hash}` : `ECDSA_${hash}`
}

async function regionOf(uri: KeyUri & { kind: 'aws' }, name: string, { cloud, environment }: KeyContext) {
  const said = uri.region || cloud?.region || environment.AWS_REGION || environment.AWS_DEFAULT_REGION
  if (said) return said
  const config = await import('@smithy/core/config')
  const { region } = await readAwsProfile({ config }, cloud?.profile)
  if (region) return region
  throw new LadingError('bad-config', 'nothing says in which AWS region the key is', {
    operation: 'use key',
    subject: name,
    hint: 'name it with --region or AWS_REGION, or name the key with its whole ARN',
  })
}

/** AWS general reference, "AWS KMS endpoints"; regions of other partitions have their own domain. */
const domains: readonly (readonly [string, string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
]

/** An endpoint in the key's name is asked over HTTPS, as cosign does. */
function endpointOf(uri: KeyUri & { kind: 'aws' }, region: string, { environment }: KeyContext): string {
  if (uri.endpoint !== undefined) return `https://${uri.endpoint}`
  const { AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL, AWS_USE_FIPS_ENDPOINT } = environment
  const domain = domains.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com'
  const host = AWS_USE_FIPS_ENDPOINT === 'true' ? 'kms-fips' : 'kms'
  return AWS_ENDPOINT_URL_KMS || AWS_ENDPOINT_URL || `https://${host}.${region}.${domain}`
}

/** AWS KMS API reference, the errors of both actions and the common ones. */
const kinds: Readonly<Record<string, 'absent' | 'unusable' | 'credentials' | 'permission'>> = {
  NotFoundException: 'absent',
  AccessDeniedException: 'permission',
  DisabledException: 'unusable',
  KMSInvalidStateException: 'unusable',
  InvalidKeyUsageException: 'unusable',
  UnsupportedOperationException: 'unusable',
  InvalidArnException: 'absent',
  UnrecognizedClientException: 'credentials',
  InvalidSignatureException: 'credentials',
  ExpiredTokenException: 'credentials',
  IncompleteSignature: 'credentials',
  MissingAuthenticationToken: 'credentials',
}

function refusal(answer: CallAnswer & { ok: false }, name: string, action: string): LadingError {
  return serviceRefusal({
    service: 'AWS KMS',
    name,
    status: answer.status,
    said: `${answer.error} ${answer.message}`.trim(),
    permission: `the AWS identity needs kms:${action}; see which one it is with \`aws sts get-caller-identity\``,
    login: 'check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile, and the clock of this machine',
    kind: kinds[answer.error],
  })
}
