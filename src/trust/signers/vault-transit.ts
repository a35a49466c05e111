import { createPublicKey, type KeyObject } from 'node:crypto'
import path from 'node:path'
import * as v from 'valibot'
import { homeFolder } from '../../auth/home-folder.ts'
import { LadingError, systemCode } from '../../errors/index.ts'
import { keepSecret } from '../../errors/known-secrets.ts'
import type { ServerRoute } from '../../http/index.ts'
import { readSmallFile } from '../../streams/index.ts'
import type { KeyContext } from './key-context.ts'
import { askService, parsePublicKey, parseServiceAnswer, parseSignature } from './service-answer.ts'
import type { ServiceKey } from './service-key.ts'
import { serviceRefusal } from './service-refusal.ts'

const keyAnswer = v.object({
  data: v.object({
    type: v.string(),
    latest_version: v.pipe(v.number(), v.integer()),
    keys: v.record(v.string(), v.unknown()),
  }),
})
const versionAnswer = v.object({ public_key: v.string() })
const signAnswer = v.object({ data: v.object({ signature: v.pipe(v.string(), v.regex(/^vault:v\d+:/)) }) })
const errorAnswer = v.object({ errors: v.array(v.string()) })

/** What stands before the raw 32 bytes of an Ed25519 key in SPKI (RFC 8410). */
const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex')

interface Vault {
  readonly address: string
  readonly headers: Readonly<Record<string, string>>
  readonly engine: string
  readonly route?: ServerRoute
  readonly tlsVerify?: false
}

/**
 * A key of the transit engine of HashiCorp Vault or OpenBao (API documentation, "Transit"): its newest version signs, and is asked for by
 * its number, so that a rotation in between changes nothing.
 */
export function openVaultKey(key: string, name: string, context: KeyContext): ServiceKey {
  let vault: Promise<Vault> | undefined
  let version: number | undefined
  const ask = async (
    action: 'keys' | 'sign',
    rest: string,
    input: Record<string, unknown> | undefined,
    signal?: AbortSignal,
  ) => {
    vault ??= readVault(name, context)
    const { address, engine, headers, ...way } = await vault
    const url = `${address}/v1/${engine}/${action}/${key}${rest}`
    const method = input === undefined ? 'GET' : 'POST'
    const answer = await askService(await context.http(), { method, url, headers, signal, ...way }, input)
    if (answer.status === 200) return answer.value
    throw refusal(answer, name, `${engine}/${action}/${key}`)
  }
  const latest = async (signal?: AbortSignal): Promise<KeyObject> => {
    const { data } = parseServiceAnswer(keyAnswer, await ask('keys', '', undefined, signal), name)
    const newest = data.keys[data.latest_version]
    if (!v.is(versionAnswer, newest)) {
      throw new LadingError('bad-key', `the key in Vault is of the type ${data.type}, which has no public key`, {
        operation: 'use key',
        subject: name,
        hint: 'make one of the type ecdsa-p256',
      })
    }
    version = data.latest_version
    const { public_key: text } = newest
    if (data.type !== 'ed25519') return parsePublicKey(() => createPublicKey(text), name)
    const der = Buffer.concat([ed25519Prefix, Buffer.from(text, 'base64')])
    return parsePublicKey(() => createPublicKey({ key: der, format: 'der', type: 'spki' }), name)
  }
  return {
    name,
    publicKey: latest,
    async sign(what, signal) {
      const input =
        what.kind === 'digest'
          ? { input: Buffer.from(what.digest).toString('base64'), prehashed: true, signature_algorithm: 'pkcs1v15' }
          : { input: Buffer.from(what.message).toString('base64') }
      const hash = what.kind === 'digest' ? `/${what.hash.replace('sha', 'sha2-')}` : ''
      const asked = { ...input, marshaling_algorithm: 'asn1', key_version: version }
      const { data } = parseServiceAnswer(signAnswer, await ask('sign', hash, asked, signal), name)
      return parseSignature(data.signature.replace(/^vault:v\d+:/, ''), name)
    },
  }
}

async function readVault(name: string, { environment }: KeyContext): Promise<Vault> {
  const address = environment.VAULT_ADDR || environment.BAO_ADDR
  const details = { operation: 'use key', subject: name }
  if (!address || !URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    const what = address
      ? 'VAULT_ADDR is not the address of a server'
      : 'VAULT_ADDR is not set: nothing says which Vault has the key'
    throw new LadingError('bad-config', what, {
      ...details,
      hint: 'set it like VAULT_ADDR=https://vault.example.com:8200',
    })
  }
  const token = environment.VAULT_TOKEN || environment.BAO_TOKEN || (await keptToken(environment))
  if (!token) {
    throw new LadingError('unauthorized', 'there is no token for Vault', {
      ...details,
      hint: 'set VAULT_TOKEN, or run `vault login`',
    })
  }
  keepSecret(token)
  const namespace = environment.VAULT_NAMESPACE || environment.BAO_NAMESPACE
  const certificate = environment.VAULT_CACERT || environment.BAO_CACERT
  return {
    address: address.replace(/\/+$/, ''),
    engine: environment.TRANSIT_SECRET_ENGINE_PATH?.replace(/^\/+|\/+$/g, '') || 'transit',
    headers: {
      'x-vault-token': token,
      'x-vault-request': 'true',
      ...(namespace ? { 'x-vault-namespace': namespace } : {}),
    },
    ...(certificate ? { route: { ca: (await readSmallFile(certificate)).toString() } } : {}),
    ...(/^(1|t|true)$/i.test(environment.VAULT_SKIP_VERIFY ?? '') ? { tlsVerify: false } : {}),
  }
}

/** What `vault login` left. */
async function keptToken(environment: KeyContext['environment']): Promise<string | undefined> {
  try {
    return (await readSmallFile(path.join(homeFolder(environment), '.vault-token'))).toString().trim()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function refusal({ status, value }: { status: number; value: unknown }, name: string, path: string): LadingError {
  const said = v.is(errorAnswer, value) ? value.errors.join('; ') : ''
  const kind =
    status === 403 && /invalid token|bad token/i.test(said)
      ? 'credentials'
      : status === 400 && /not found/i.test(said)
        ? 'absent'
        : status === 400
          ? 'unusable'
          : undefined
  return serviceRefusal({
    service: 'Vault',
    name,
    status,
    said,
    permission: `the token needs a policy for ${path}, and VAULT_NAMESPACE its namespace; Vault says the same for a token that it does not know`,
    login: 'log in again with `vault login`, or renew VAULT_TOKEN',
    ...(kind === undefined ? {} : { kind }),
  })
}
