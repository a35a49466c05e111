import { type DockerName, formatDockerName, isExactName, parseDockerName } from './docker-name.ts'
import type { IdentityRule } from './policy.ts'

/**
 * Whether a signature for `signed` is one for the image, as the rule has it. What cannot be read does not match, nor does an image that has
 * no name at a registry where the rule goes by that.
 */
export function matchesIdentity(rule: IdentityRule, image: DockerName | undefined, signed: string): boolean {
  const signature = readName(signed)
  if (signature === undefined) return false
  switch (rule.type) {
    case 'exactReference':
      return isSame(readName(rule.dockerReference), signature)
    case 'exactRepository':
      return readName(rule.dockerRepository)?.name === signature.name
    case 'matchExact':
      return isSame(image, signature)
    case 'matchRepository':
      return image?.name === signature.name
    case 'matchRepoDigestOrExact':
      return isSameOrPinned(image, signature)
    case 'remapIdentity':
      return isSameOrPinned(remapped(image, rule.prefix, rule.signedPrefix), signature)
  }
}

/** No tag is filled in: which image is meant has to be said on both sides. */
function isSame(wanted: DockerName | undefined, signature: DockerName): boolean {
  if (wanted === undefined || !isExactName(wanted) || !isExactName(signature)) return false
  return formatDockerName(wanted) === formatDockerName(signature)
}

/** What is named by its digest is that, whatever tag was signed. (Whether the signature is for that digest is looked at apart.) */
function isSameOrPinned(wanted: DockerName | undefined, signature: DockerName): boolean {
  if (wanted?.tag === undefined && wanted?.digest !== undefined)
    return isExactName(signature) && wanted.name === signature.name
  return isSame(wanted, signature)
}

/** `undefined` where what comes out is no name. */
function remapped(image: DockerName | undefined, prefix: string, signedPrefix: string): DockerName | undefined {
  if (image === undefined) return undefined
  if (image.name !== prefix && !image.name.startsWith(`${prefix}/`)) return image
  const text = formatDockerName({ ...image, name: `${signedPrefix}${image.name.slice(prefix.length)}` })
  const name = readName(text)
  // a name that is short, and so would mean something else, is not taken
  return name !== undefined && formatDockerName(name) === text ? name : undefined
}

function readName(text: string): DockerName | undefined {
  try {
    return parseDockerName(text)
  } catch {
    return undefined
  }
}
