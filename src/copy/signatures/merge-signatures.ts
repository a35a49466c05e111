import { isLadingError } from '../../errors/index.ts'
import type { ImageSignature } from '../../trust/image-signature.ts'

/**
 * What shall be beside a manifest: what is there, what comes with the image, and what was made anew, each once. Of the others, that goes
 * which says the same as a new one and is by the same key: who signs on every copy, or an image in its place, would gather them.
 */
export async function mergeSignatures(
  there: readonly Uint8Array[],
  carried: readonly Uint8Array[],
  made: readonly Uint8Array[],
): Promise<readonly Uint8Array[]> {
  const said = new Set((await Promise.all(made.map(statement))).filter(text => text !== undefined))
  const kept: Uint8Array[] = []
  for (const one of [...there, ...carried]) {
    const text = said.size === 0 ? undefined : await statement(one)
    if (text === undefined || !said.has(text)) kept.push(one)
  }
  return [...kept, ...made].filter((one, at, all) => all.findIndex(other => isSame(one, other)) === at)
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}

/** What a simple signature says and which key it names. Nothing of it is verified: it only decides which of our own is the newer one. */
async function statement(bytes: Uint8Array): Promise<string | undefined> {
  try {
    const { parseImageSignature } = await import('../../trust/image-signature.ts')
    const signature: ImageSignature = parseImageSignature(bytes)
    if (signature.format !== 'simple') return undefined
    const { describeUnverified } = await import('../../trust/simple-signing/describe-unverified.ts')
    const { manifestDigest, dockerReference, keyId } = await describeUnverified(bytes)
    return JSON.stringify([manifestDigest, dockerReference, keyId])
  } catch (error) {
    if (isLadingError(error)) return undefined
    throw error
  }
}
