import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import { keepSecret } from '../../errors/known-secrets.ts'

const text = v.optional(v.pipe(v.string(), v.minLength(1)))
/** containers-sigstore-signing-params.yaml(5). A field that is not known may be one that is misspelt. */
const document = v.strictObject({
  privateKeyFile: text,
  privateKeyPassphraseFile: text,
  fulcio: v.optional(
    v.strictObject({
      fulcioURL: v.pipe(v.string(), v.minLength(1)),
      oidcMode: v.picklist(['staticToken', 'deviceGrant', 'interactive']),
      oidcIssuerURL: text,
      oidcClientID: text,
      oidcClientSecret: text,
      oidcIDToken: text,
    }),
  ),
  rekorURL: text,
})

/** With what an image is signed: a key or Fulcio, and whether a log enters it. */
export interface SigningParameters {
  readonly privateKeyFile?: string | undefined
  readonly privateKeyPassphraseFile?: string | undefined
  readonly fulcio?: { readonly url: string; readonly token: string } | undefined
  readonly rekorUrl?: string | undefined
}

/**
 * Reads a file of `--sign-by-sigstore`.
 *
 * @throws LadingError `bad-config`; `unsupported` for ways of getting a token that need somebody at a browser
 */
export async function readSigningParameters(yaml: string, file: string): Promise<SigningParameters> {
  const { parse } = await import('yaml')
  const bad = (message: string, cause?: unknown) =>
    new LadingError('bad-config', message, { operation: 'read signing parameters', subject: file, cause })
  let said: v.InferOutput<typeof document>
  try {
    said = v.parse(document, parse(yaml, { maxAliasCount: 100, logLevel: 'error' }))
  } catch (cause) {
    // a message of the parser's may repeat the file, and there are secrets in it
    const where = cause instanceof v.ValiError ? v.getDotPath(cause.issues[0]) : undefined
    throw bad(where ? `${where} is not as it must be, or is not known` : 'it is no file of signing parameters')
  }
  const { privateKeyFile, privateKeyPassphraseFile, fulcio, rekorURL: rekorUrl } = said
  keepSecret(fulcio?.oidcClientSecret ?? '')
  if ((privateKeyFile === undefined) === (fulcio === undefined)) {
    throw bad('it names neither a private key nor Fulcio, or both: exactly one of them signs')
  }
  if (fulcio === undefined) return { privateKeyFile, privateKeyPassphraseFile, rekorUrl }
  if (rekorUrl === undefined)
    throw bad("it names Fulcio and no Rekor, without which Fulcio's certificates prove nothing")
  if (fulcio.oidcMode !== 'staticToken') {
    throw new LadingError('unsupported', `${fulcio.oidcMode} asks somebody to log in, which lading does not do`, {
      operation: 'read signing parameters',
      subject: file,
      hint: 'get a token elsewhere, and give it with oidcMode: staticToken and oidcIDToken',
    })
  }
  if (fulcio.oidcIDToken === undefined) throw bad('staticToken needs a token, in oidcIDToken')
  keepSecret(fulcio.oidcIDToken)
  return { fulcio: { url: fulcio.fulcioURL, token: fulcio.oidcIDToken }, rekorUrl }
}
