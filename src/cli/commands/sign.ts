import type { KeylessOptions, SignatureForm, SignResult } from '../../copy/index.ts'
import { LadingError } from '../../errors/index.ts'
import { cloudOf, cloudOptions } from '../cloud-options.ts'
import { type Command, defineCommand } from '../command.ts'
import { defined } from '../defined.ts'
import { keysOption, passphraseFileOption, passphraseOf } from '../key-options.ts'
import { argument, choice, flag, type OptionSpec, text } from '../options.ts'
import { printable, printableJson } from '../printable.ts'
import { readGivenFile } from '../read-given-file.ts'
import { serverOf } from '../read-server-options.ts'
import { serverOptions } from '../server-options.ts'
import { sharedOptions } from '../shared-options.ts'

const annotations: OptionSpec<Readonly<Record<string, string>>> = {
  short: 'a',
  value: 'NAME=VALUE',
  description: 'Sign this too. Given again, it adds up.',
  read(words, name) {
    return Object.fromEntries(
      words.map(word => {
        const at = word.indexOf('=')
        if (at > 0) return [word.slice(0, at), word.slice(at + 1)]
        throw new LadingError('bad-argument', `${name} takes NAME=VALUE, and not ${JSON.stringify(word)}`)
      }),
    )
  },
}

export const signCommand = signCommandWith('referrer')

/** @param attach how signatures are kept where nothing is said */
export function signCommandWith(attach: SignatureForm): Command {
  return defineCommand({
    description:
      'Signs the digest that REF stands for now, and keeps the signature beside the image: in a registry, a bucket or an oci: layout. A copy ' +
      'takes it along, and cosign verifies it.\n\n' +
      'A signature says that whoever has the key has seen this manifest. It says nothing of the tag: whoever may move tags can put an older ' +
      'image that is signed under any of them. Sign and verify by digest where that matters.\n\n' +
      'Without a key, Fulcio certifies a key that is used once, for whom an OIDC token is of (--identity-token, --fulcio-url).\n\n' +
      'A key in a service stays there: the service is sent a digest, and its answer is checked before it is attached.',
    arguments: { reference: argument('REF', 'The image.') },
    options: {
      key: keysOption('Who signs.'),
      passphraseFile: passphraseFileOption,
      identityToken: text({
        value: 'TOKEN',
        description:
          'In the place of a key: the OIDC token of whom Fulcio is to certify, or the file that holds it. Others on this machine can read what ' +
          'a command line says. Given empty: SIGSTORE_ID_TOKEN, or what GitHub Actions gives.',
      }),
      fulcioUrl: text({
        value: 'URL',
        description: 'The Fulcio that certifies. Not given: https://fulcio.sigstore.dev.',
      }),
      rekorUrl: text({
        value: 'URL',
        description:
          'Enter the signature in this transparency log. Not given: none; for a certificate of fulcio.sigstore.dev https://rekor.sigstore.dev, which ' +
          'everybody can read.',
      }),
      timestampServerUrl: text({ value: 'URL', description: 'Have this authority say when it was signed (RFC 3161).' }),
      recursive: flag({ short: 'r', description: 'Sign every platform of a multi-platform image too.' }),
      attach: choice(['referrer', 'tag', 's3lo'], {
        default: attach,
        description:
          'How it is kept: as a bundle that refers to the image, which cosign 3 looks for, or under the tag sha256-….sig, which cosign 2 and ' +
          'the containers tools do; or with the tag of a bucket, as s3lo does, which is bound to bucket, image and tag and is not copied.',
      }),
      annotation: annotations,
      signIdentity: text({
        value: 'NAME',
        description: 'With --attach tag: the reference that the signature is for. Not given: the repository of REF.',
      }),
      ...serverOptions,
      output: sharedOptions.output,
      ...cloudOptions,
    },
    examples: [
      { does: 'With a key of cosign’s', line: 'lading sign --key cosign.key registry.example.com/app:v1' },
      {
        does: 'With a key in AWS KMS, in a bucket',
        line: 'lading sign --key awskms:///alias/release s3://images/app:v1',
      },
      {
        does: 'Two signers, and every platform',
        line: 'lading sign -r --key ci.key --key hashivault://release local://./images/app:v1',
      },
    ],
    json: {
      what: 'One object',
      fields: {
        reference: 'the image, its name written out',
        digest: 'what was signed',
        attach: '`referrer`, `tag` or `s3lo`',
        signatures:
          'an array: `subject`, the digest of the manifest that it is of; `key`, as it was named; `keyDigest`, the SHA-256 of the public key; ' +
          '`manifest`, the digest of what it is attached by, or `file`, the name of s3lo’s',
      } satisfies Record<keyof SignResult, string>,
    },

    async run(input, context) {
      const { reference, key, recursive, attach, annotation, output, rekorUrl, ...where } = input
      const { library, stdout, signal } = context
      const keyless = await keylessOf(input)
      if (key.length === 0 && keyless === undefined) {
        throw new LadingError('bad-argument', 'nobody is named who signs', { hint: 'name --key, or --identity-token' })
      }
      const passphrase = await passphraseOf(input.passphraseFile, context)
      const result = await library.signImage(reference, {
        keys: key,
        recursive,
        attach,
        annotations: annotation,
        ...defined({ keyless, rekorUrl, timestampUrl: input.timestampServerUrl }),
        ...defined({ passphrase, identity: input.signIdentity }),
        destinationServer: serverOf(where),
        cloud: cloudOf(where),
        signal,
      })
      stdout.write(output === 'json' ? `${printableJson(result, 2)}\n` : signText(result))
    },
  })
}

interface GivenKeyless {
  readonly identityToken: string | undefined
  readonly fulcioUrl: string | undefined
}

/** Either of the two says that there is no key. */
async function keylessOf({ identityToken, fulcioUrl }: GivenKeyless): Promise<KeylessOptions | undefined> {
  if (identityToken === undefined && fulcioUrl === undefined) return undefined
  return defined({ fulcioUrl, identityToken: identityToken ? await readToken(identityToken) : undefined })
}

/** The three parts of a JSON web token; anything else is a file. */
async function readToken(word: string): Promise<string> {
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(word) && word.startsWith('ey')) return word
  const { bytes } = await readGivenFile(word, 'read token')
  return new TextDecoder().decode(bytes).trim()
}

function signText({ reference, digest, signatures }: SignResult): string {
  const lines = signatures.map(({ subject, key }) => (subject === digest ? `  by ${key}` : `  by ${key}: ${subject}`))
  return `${[`signed ${reference}`, `  ${digest}`, ...lines].map(printable).join('\n')}\n`
}
