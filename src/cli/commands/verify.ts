import type { ExpectedIdentity, VerifyResult } from '../../copy/index.ts'
import { LadingError } from '../../errors/index.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { keysOption, passphraseFileOption, passphraseOf } from '../key-options.ts'
import { age, argument, flag, type OptionSpec, text } from '../options.ts'
import { printableJson } from '../printable.ts'
import { serverOf } from '../read-server-options.ts'
import { serverOptions } from '../server-options.ts'
import { sharedOptions } from '../shared-options.ts'
import { asVerifyFailure, VerifyFailure } from './verify-failure.ts'
import { verifyText } from './verify-text.ts'

const expression = (description: string): OptionSpec<RegExp | undefined> => ({
  value: 'EXPRESSION',
  description,
  read(words, name) {
    const word = words.at(-1)
    try {
      return word === undefined ? undefined : new RegExp(word, 'u')
    } catch (cause) {
      throw new LadingError('bad-argument', `${name} is no regular expression: ${word}`, { cause })
    }
  },
})

export const verifyCommand = defineCommand({
  description:
    'Looks for signatures of the digest that REF stands for now: bundles of sigstore and cosign’s tag sha256-….sig, in registries, buckets and oci: ' +
    'layouts, and in a bucket what s3lo keeps with the tag. Each is shown, with why it does not count.\n\n' +
    'With several --key, each of them must have signed. The tag is not signed, but in the later form of s3lo’s: an older image that is ' +
    'signed passes under any tag. Only the index of a multi-platform image is looked at, and it names its platforms by their digests.\n\n' +
    'Exit codes: 0 where it is verified; 1 where a signature is missing or not valid; 2 where that cannot be told: the image, the registry, ' +
    'the bucket or a key cannot be reached or read; 64 for a wrong command line.',
  arguments: { reference: argument('REF', 'The image.') },
  options: {
    key: keysOption('Who must have signed: a public key, or a private one, whose public key is taken.'),
    passphraseFile: passphraseFileOption,
    certificateIdentity: text({
      value: 'NAME',
      description: 'In the place of keys: the email address or URI that the certificate must be of.',
    }),
    certificateIdentityRegexp: expression('The same, as a regular expression of all of it.'),
    certificateOidcIssuer: text({ value: 'URL', description: 'Who must vouch for that identity.' }),
    certificateOidcIssuerRegexp: expression('The same, as a regular expression of all of it.'),
    maxAge: age({
      value: 'AGE',
      description:
        'The certificate was issued no longer ago: 7d, 12h. An older image that somebody puts back under its tag has older signatures. A key has no ' +
        'certificate, and nothing says since when there is its signature.',
    }),
    trustedRoot: text({
      value: 'FILE',
      description:
        'The authorities and logs that are trusted: trusted_root.json. With --key, one of its logs must have entered the signature. Not given: for ' +
        'certificates what sigstore publishes.',
    }),
    rekorKey: {
      value: 'FILE',
      description:
        'The public key of a transparency log that must have entered the signature. Given again, one of them must. Not given, nor a trusted ' +
        'root: with --key no log is asked for.',
      read: (words: readonly string[]) => words,
    } satisfies OptionSpec<readonly string[]>,
    insecureIgnoreTlog: flag({ description: 'With --key: ask for no log, whatever the trusted root names.' }),
    ...serverOptions,
    output: sharedOptions.output,
    ...cloudOptions,
  },
  examples: [
    { does: 'A gate in CI', line: 'lading verify --key cosign.pub registry.example.com/app:v1 || exit 1' },
    {
      does: 'Two who must have signed',
      line: 'lading verify --key ci.pub --key awskms:///alias/release s3://images/app:v1',
    },
    {
      does: 'Who has signed, for a script',
      line: "lading verify --key cosign.pub --output json local://./images/app:v1 | jq -r '.signatures[] | select(.valid).key'",
    },
  ],
  json: {
    what: 'One object',
    fields: {
      reference: 'the image, its name written out',
      digest: 'what the signatures must be of',
      verified: 'whether every key, or the identity, has a valid signature',
      signatures:
        'an array: `form` (bundle, cosign, s3lo), `valid`, `reason` where it is not, `key` as it was named or `identity` (`subjects`, `issuer`), `digest` of ' +
        'the bundle or payload, `manifest` that it is attached by, `file` of s3lo’s, `dockerReference` that it names, `bound`: whether it is bound to ' +
        'bucket, image and tag, and `signedAt`, which is not signed',
      missing: 'the keys, as they were named, of which no signature is valid',
    } satisfies Record<keyof VerifyResult, string>,
  },

  async run(input, context) {
    const {
      reference,
      key,
      passphraseFile,
      trustedRoot,
      rekorKey,
      insecureIgnoreTlog,
      maxAge: _,
      output,
      ...where
    } = input
    const { library, stdout, signal, finishUnread } = context
    // the exit code is the answer, however much of the rest is read
    finishUnread?.()
    const identity = identityOf(input)
    if (key.length === 0 && identity === undefined) {
      throw new LadingError('bad-argument', 'nobody is named who must have signed', {
        hint: 'name --key, or --certificate-identity with --certificate-oidc-issuer',
      })
    }
    let result: VerifyResult
    try {
      const passphrase = await passphraseOf(passphraseFile, context)
      result = await library.verifyImage(reference, {
        keys: key,
        rekorKeys: rekorKey,
        ignoreLog: insecureIgnoreTlog,
        ...defined({ identity, trustedRoot, passphrase }),
        sourceServer: serverOf(where),
        cloud: cloudOf(where),
        signal,
      })
    } catch (error) {
      throw asVerifyFailure(error)
    }
    stdout.write(output === 'json' ? `${printableJson(result, 2)}\n` : verifyText(result))
    if (!result.verified) throw notVerified(result)
  },
})

interface GivenIdentity {
  readonly certificateIdentity: string | undefined
  readonly certificateIdentityRegexp: RegExp | undefined
  readonly certificateOidcIssuer: string | undefined
  readonly certificateOidcIssuerRegexp: RegExp | undefined
  readonly maxAge: number | undefined
}

/** One alone would be met by anybody: of any issuer, or of any name. */
function identityOf(given: GivenIdentity): ExpectedIdentity | undefined {
  for (const [name, word, expression] of [
    ['--certificate-identity', given.certificateIdentity, given.certificateIdentityRegexp],
    ['--certificate-oidc-issuer', given.certificateOidcIssuer, given.certificateOidcIssuerRegexp],
  ] as const) {
    if (word === '') throw new LadingError('bad-argument', `${name} is empty`)
    if (word !== undefined && expression !== undefined)
      throw new LadingError('bad-argument', `${name} and ${name}-regexp cannot be given together`)
  }
  const subject = given.certificateIdentity ?? given.certificateIdentityRegexp
  const issuer = given.certificateOidcIssuer ?? given.certificateOidcIssuerRegexp
  const { maxAge: maxAgeSeconds } = given
  if (subject === undefined && issuer === undefined) {
    if (maxAgeSeconds === undefined) return undefined
    throw new LadingError('bad-argument', '--max-age is for certificates: the signature of a key has no age', {
      hint: 'name --certificate-identity and --certificate-oidc-issuer',
    })
  }
  if (subject !== undefined && issuer !== undefined) return { subject, issuer, ...defined({ maxAgeSeconds }) }
  throw new LadingError(
    'bad-argument',
    `--certificate-${subject === undefined ? 'identity' : 'oidc-issuer'} is missing`,
    {
      hint: 'an identity is a name and who vouches for it: both are needed',
    },
  )
}

/** The report has said what: this is what a script goes by. */
function notVerified({ reference, signatures, missing }: VerifyResult): LadingError {
  const message =
    signatures.length === 0
      ? 'it has no signature'
      : `it has no valid signature of ${missing.join(', ') || 'that identity'}`
  return new VerifyFailure('untrusted', message, { operation: 'verify', subject: reference })
}
