import { createPublicKey, type JsonWebKey } from 'node:crypto'
import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { identityError } from '../../stores/azure/identity-error.ts'
import { openMachineIdentity } from '../../stores/azure/machine-identity.ts'
import { ecdsaDer } from './ecdsa-der.ts'
import type { KeyContext } from './key-context.ts'
import type { KeyUri } from './key-uri.ts'
import { askService, parsePublicKey, parseServiceAnswer, parseSignature } from './service-answer.ts'
import type { ServiceKey } from './service-key.ts'
import { serviceRefusal } from './service-refusal.ts'

/** A JSON Web Key (RFC 7517), whose members node:crypto looks at. */
const keyAnswer = v.object({
  key: v.looseObject({ kid: v.string(), kty: v.string(), key_ops: v.optional(v.array(v.string()), []) }),
})
const signAnswer = v.object({ value: v.string() })
const errorAnswer = v.object({ error: v.object({ code: v.string(), message: v.string() }) })

const apiVersion = '7.4'

const login = 'log in with `az login`, or check AZURE_TENANT_ID, AZURE_CLIENT_ID and its secret'

/** Where tokens for vaults are valid: a token is shown to no other host. Azure's clouds, and managed HSMs. */
const vaultDomains = [
  'vault.azure.net',
  'vault.azure.cn',
  'vault.usgovcloudapi.net',
  'vault.microsoftazure.de',
  'managedhsm.azure.net',
  'managedhsm.azure.cn',
  'managedhsm.usgovcloudapi.net',
]

/** A key in Azure Key Vault or a managed HSM, by its REST API: `Get Key` and `sign`. */
export function openAzureKey(uri: KeyUri & { kind: 'azure' }, name: string, context: KeyContext): ServiceKey {
  const host = uri.host.toLowerCase()
  const domain = vaultDomains.find(one => host.endsWith(`.${one}`))
  if (domain === undefined) {
    throw new LadingError('bad-argument', `${uri.host} is no vault of Azure, and is shown no token`, {
      operation: 'use key',
      subject: name,
      hint: 'write azurekms://VAULT.vault.azure.net/KEY',
    })
  }
  /** With its version, once it is known: what signs is what was shown. */
  let keyPath = ['keys', uri.key, ...(uri.version === undefined ? [] : [uri.version])].join('/')
  /** One sees to a signature: that takes no hour. */
  let token: Promise<string> | undefined
  const ask = async (path: string, input?: Record<string, unknown>, signal?: AbortSignal) => {
    token ??= tokenFor(`https://${domain}/.default`, context, signal)
    const authorization = `Bearer ${await token}`
    const method = input === undefined ? 'GET' : 'POST'
    const url = `https://${host}/${path}?api-version=${apiVersion}`
    const answer = await askService(await context.http(), { method, url, headers: { authorization }, signal }, input)
    if (answer.status === 200) return answer.value
    throw refusal(answer, name)
  }
  return {
    name,
    async publicKey(signal) {
      const { key } = parseServiceAnswer(keyAnswer, await ask(keyPath, undefined, signal), name)
      const version = /\/keys\/[A-Za-z0-9-]+\/([a-z0-9]+)$/.exec(key.kid)?.[1]
      if (version !== undefined) keyPath = `keys/${uri.key}/${version}`
      if (!key.key_ops.includes('sign')) {
        throw new LadingError('bad-key', 'the key in Azure Key Vault is not for signing', {
          operation: 'use key',
          subject: name,
          hint: 'make one of the type EC (P-256) with the operation `sign`',
        })
      }
      const { crv, x, y, n, e } = key
      // the members of a hardware key are those of any other
      const jwk = { kty: key.kty.replace(/-HSM$/, ''), crv, x, y, n, e } as JsonWebKey
      return parsePublicKey(() => createPublicKey({ key: jwk, format: 'jwk' }), name)
    },
    async sign(what, signal) {
      if (what.kind === 'message') throw new LadingError('unsupported', 'Azure Key Vault signs nothing with Ed25519')
      const isRsa = what.key.asymmetricKeyType === 'rsa'
      const alg = `${isRsa ? 'RS' : 'ES'}${what.hash.slice('sha'.length)}`
      const input = { alg, value: Buffer.from(what.digest).toString('base64url') }
      const { value } = parseServiceAnswer(signAnswer, await ask(`${keyPath}/sign`, input, signal), name)
      const signature = parseSignature(value, name)
      return isRsa ? signature : ecdsaDer(signature)
    },
  }
}

async function tokenFor(scope: string, context: KeyContext, signal: AbortSignal | undefined): Promise<string> {
  using identity = await openMachineIdentity(context)
  try {
    const token = await identity.credential.getToken(scope, signal === undefined ? {} : { abortSignal: signal })
    if (token !== null) return token.token
  } catch (error) {
    signal?.throwIfAborted()
    // what it advises is for storage, whose keys open no vault
    const { code = 'unauthorized', message = 'there is no Azure token for the key' } = identityError(error) ?? {}
    throw new LadingError(code, message, { operation: 'use key', hint: login, cause: error })
  }
  throw new LadingError('unauthorized', 'there is no Azure token for the key', { hint: 'log in with `az login`' })
}

function refusal({ status, value }: { status: number; value: unknown }, name: string): LadingError {
  const said = v.safeParse(errorAnswer, value)
  const { code, message } = said.success ? said.output.error : { code: '', message: '' }
  return serviceRefusal({
    service: 'Azure Key Vault',
    name,
    status,
    said: `${code} ${message}`.trim(),
    permission:
      'the identity needs the role "Key Vault Crypto User", or the permissions get and sign in the access policy of the vault',
    login,
    ...(status === 400 ? { kind: 'unusable' as const } : {}),
  })
}
