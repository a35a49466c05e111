import { LadingError } from '../../errors/index.ts'
import type { Node } from '../../model/descriptor.ts'
import { formatReference, formatRepository, parseReference } from '../../transports/index.ts'
import { interruptible } from '../interruptible.ts'
import { createManifestReader } from '../manifest-reader.ts'
import { parseNode } from '../parse-node.ts'
import { openSession } from '../session.ts'
import { attachBundle } from './attach-bundle.ts'
import { attachTagged } from './attach-tagged.ts'
import { keepS3loSignatures } from './keep-s3lo.ts'
import { manifestNodes } from './manifest-nodes.ts'
import { openSigners } from './named-signer.ts'
import { openSignable } from './open-signable.ts'
import type { MadeSignature, SignOptions, SignResult } from './sign-options.ts'
import { openWitnesses } from './witnesses.ts'

/** What `signImage` does. */
export async function runSigning(reference: string, options: SignOptions): Promise<SignResult> {
  const { attach = 'referrer', signal } = options
  return await interruptible(signal, async () => {
    const parsed = parseReference(reference)
    const name = formatReference(parsed)
    checkOptions(options)
    await using session = openSession(options, () => {})
    const { http, environment, cloud } = session.context('destination')
    const { passphrase } = options
    const keys = { http, environment, cloud, ...(passphrase === undefined ? {} : { passphrase }) }
    const witnesses = await openWitnesses(options, http)
    // Before the image: a key that cannot be used should cost nothing. A certificate is asked for once there is something to sign.
    const ready = options.keyless === undefined ? await openSigners(options, keys) : undefined
    await using place = await openSignable(parsed, name, session)
    const { source, destination } = place
    const root = await source.resolve(signal)
    const reader = createManifestReader(source)
    // It is signed for what it is, and that is looked at before anybody vouches for it.
    parseNode(root, await reader.read(root, signal))
    const signers = ready ?? (await openSigners(options, keys))
    if (attach === 's3lo') {
      const signatures = await keepS3loSignatures(parsed, root.digest, signers, session.context('destination'))
      return { reference: name, digest: root.digest, attach, signatures }
    }
    const subjects: readonly Node[] = options.recursive ? await manifestNodes(root, reader, signal) : [root]
    destination.begin?.()
    const signatures: MadeSignature[] = []
    // Those below first: who sees the root signed finds all of it signed.
    for (const subject of subjects.toReversed()) {
      const identity = options.identity ?? formatRepository(parsed)
      const made =
        attach === 'tag'
          ? await attachTagged(place, subject, signers, witnesses, { ...options, identity })
          : await attachBundle(destination, subject, signers, witnesses, options)
      signatures.unshift(...made)
    }
    return { reference: name, digest: root.digest, attach, signatures }
  })
}

function checkOptions({ annotations = {}, attach, recursive }: SignOptions): void {
  const refuse = (message: string) => new LadingError('bad-argument', message)
  const names = Object.keys(annotations)
  const own = names.find(key => key === 'creator' || key === 'timestamp')
  if (own !== undefined) throw refuse(`the annotation ${own} is written by lading itself`)
  if (attach !== 's3lo') return
  if (names.length > 0) throw refuse('a signature of s3lo has no annotations')
  if (recursive) throw refuse('a signature of s3lo is of a tag, and the platforms of its image have none')
}
