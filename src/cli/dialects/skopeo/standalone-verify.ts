import { LadingError } from '../../../errors/index.ts'
import { defineCommand } from '../../command.ts'
import type { CommandContext } from '../../context.ts'
import { argument, text } from '../../options.ts'
import { readGivenFile } from '../../read-given-file.ts'
import { skopeoGlobals } from './globals.ts'

/** `skopeo standalone-verify` */
export const skopeoStandaloneVerify = defineCommand({
  description: '',
  examples: [],
  arguments: {
    manifest: argument('MANIFEST', ''),
    dockerReference: argument('DOCKER-REFERENCE', ''),
    fingerprints: argument('KEY-FINGERPRINTS', ''),
    signature: argument('SIGNATURE', ''),
  },
  options: {
    ...skopeoGlobals,
    publicKeyFile: text({ value: 'string', description: "the keys are in this file; not given: GnuPG's own" }),
  },

  async run({ manifest, dockerReference, fingerprints: given, signature, publicKeyFile }, context) {
    const fingerprints = given === 'any' ? ('any' as const) : given.split(',')
    if (fingerprints === 'any' && !publicKeyFile)
      throw new LadingError('bad-argument', 'Cannot use any fingerprint without a public key file')
    const { bytes: content } = await readGivenFile(manifest, 'read manifest')
    const { bytes } = await readGivenFile(signature, 'read signature')
    const keys = publicKeyFile
      ? (await readGivenFile(publicKeyFile, 'read keys')).bytes
      : await exportKeys(fingerprints === 'any' ? [] : fingerprints, context)
    const { verifyManifestSignature } = await import('../../../trust/simple-signing/verify-manifest-signature.ts')
    const trust = { dockerReference, fingerprints, keys: [keys] }
    const { fingerprint, digest } = await verifyManifestSignature(bytes, content, trust)
    context.stdout.write(`Signature verified using fingerprint ${fingerprint}, digest ${digest}\n`)
  },
})

/** The user's own keys. */
async function exportKeys(
  fingerprints: readonly string[],
  { env, signal }: Pick<CommandContext, 'env' | 'signal'>,
): Promise<Uint8Array> {
  const { runGpg } = await import('../../../trust/simple-signing/gpg.ts')
  const keys = await runGpg(['--export', '--', ...fingerprints], 'export keys', { environment: env, signal })
  if (keys.length > 0) return keys
  throw new LadingError('untrusted', 'GnuPG has none of these keys', {
    operation: 'verify signature',
    hint: 'import it with `gpg --import`, or name a file of keys with --public-key-file',
  })
}
