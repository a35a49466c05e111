import { LadingError } from '../../errors/index.ts'
import { formatReference, parseReference, type Reference } from '../../transports/index.ts'

/**
 * The name that an image is signed for: the one that is given, else that of the registry's image that is written.
 *
 * @throws LadingError `bad-argument` where neither is a whole name, with a tag or a digest
 */
export function signingIdentity(destination: Reference, given: string | undefined): string {
  if (given !== undefined) return wholeName(given)
  if (destination.transport === 'registry') return formatReference(destination)
  throw new LadingError('bad-argument', 'the image cannot be signed: its destination is no name in a registry', {
    operation: 'sign',
    subject: formatReference(destination),
    hint: 'say with --sign-identity for which name it is signed, like --sign-identity registry.example.com/app:v1',
  })
}

function wholeName(text: string): string {
  const refuse = (cause?: unknown) =>
    new LadingError('bad-argument', `${JSON.stringify(text)} is no whole name of an image`, {
      operation: 'sign',
      cause,
      hint: '--sign-identity is a whole name: it has a registry, a repository, and a tag or a digest: registry.example.com/app:v1',
    })
  try {
    const prefix = 'docker://'
    const reference = parseReference(`${prefix}${text}`)
    if (formatReference(reference) !== text) throw refuse()
    return text
  } catch (cause) {
    throw cause instanceof LadingError && cause.code === 'bad-argument' ? cause : refuse(cause)
  }
}
