import { goJson } from '../../../model/go-json.ts'
import { defineCommand } from '../../command.ts'
import { argument } from '../../options.ts'
import { readGivenFile } from '../../read-given-file.ts'
import { skopeoGlobals } from './globals.ts'

/** `skopeo untrusted-signature-dump-without-verification`: what a signature claims, which proves nothing. */
export const skopeoUntrustedSignatureDump = defineCommand({
  description: '',
  examples: [],
  arguments: { signature: argument('SIGNATURE', '') },
  options: skopeoGlobals,

  async run({ signature }, { stdout }) {
    const { bytes } = await readGivenFile(signature, 'read signature')
    const { describeUnverified } = await import('../../../trust/simple-signing/describe-unverified.ts')
    const { manifestDigest, dockerReference, creator, timestamp, keyId } = await describeUnverified(bytes)
    const document = {
      UntrustedDockerManifestDigest: manifestDigest,
      UntrustedDockerReference: dockerReference,
      UntrustedCreatorID: creator ?? null,
      UntrustedTimestamp: timestamp === undefined ? null : localTime(timestamp),
      UntrustedShortKeyIdentifier: keyId,
    }
    stdout.write(`${goJson(document, 4)}\n`)
  },
})

/** RFC 3339 in this machine's zone. */
function localTime(seconds: number): string {
  const date = new Date(seconds * 1000)
  const minutes = -date.getTimezoneOffset()
  const local = new Date(date.getTime() + minutes * 60_000).toISOString().replace(/\.\d+Z$/, '')
  if (minutes === 0) return `${local}Z`
  const two = (value: number) => String(Math.trunc(Math.abs(value))).padStart(2, '0')
  return `${local}${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
}
