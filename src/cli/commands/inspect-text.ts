import type { ImageDescription, PlatformDescription, PolicyDescription } from '../../copy/index.ts'
import { isIndexType } from '../../model/media-types.ts'
import { alignFields } from '../align-fields.ts'
import { formatCount } from '../format-count.ts'
import { formatSize } from '../format-size.ts'
import { printable } from '../printable.ts'
import { attachmentsText } from './attachments-text.ts'

/** An image for people: its root, then each manifest. Everything in it was written by others. */
export function inspectText(image: ImageDescription): string {
  const root = alignFields([
    ['image', printable(image.reference)],
    ['digest', image.digest],
    ['type', printable(image.mediaType)],
    ['artifact', image.artifactType && printable(image.artifactType)],
    ['holds', image.kind === 'index' ? contents(image.platforms) : undefined],
    ...pairs('annotation', image.annotations),
    ['policy', image.policy && policyText(image.policy)],
    ['attached', attachedText(image)],
    ['problem', image.attachedProblem && printable(image.attachedProblem)],
  ])
  return root + image.platforms.map(one => `\n${manifestText(one, image)}`).join('')
}

/** `not met: …` comes first: it is what matters. */
function policyText({ file = '', scopes, requirements, met, problem = '' }: PolicyDescription): string {
  if (!met) return printable(`not met: ${problem}`)
  return printable(`met: ${requirements.join(', ')} (${scopes.join(', ')}, ${file})`)
}

/** Nobody has verified any of it. */
function attachedText({ attached = [] }: ImageDescription): string {
  const count = (wanted: string) => attached.filter(({ kind }) => kind === wanted).length
  return attachmentsText({
    signatures: count('signature'),
    attestations: count('attestation'),
    sboms: count('sbom'),
    others: count('other'),
  })
}

function contents(platforms: readonly PlatformDescription[]): string {
  const attestations = platforms.filter(one => one.attestationFor !== undefined).length
  const images = formatCount(platforms.length - attestations, 'manifest')
  return attestations === 0 ? images : `${images}, ${formatCount(attestations, 'attestation')}`
}

function manifestText(manifest: PlatformDescription, image: ImageDescription): string {
  const { config } = manifest
  const layers = manifest.layers.map(
    ({ digest, size, mediaType }) =>
      ['layer', `${digest}  ${formatSize(size).padStart(7)}  ${printable(mediaType)}`] as const,
  )
  const fields = alignFields(
    [
      ['digest', manifest.digest === image.digest ? undefined : manifest.digest],
      ['problem', manifest.problem && printable(manifest.problem)],
      ['type', isIndexType(manifest.mediaType) ? printable(manifest.mediaType) : undefined],
      ['size', isIndexType(manifest.mediaType) ? undefined : sizeText(manifest)],
      ['author', config?.author && printable(config.author)],
      ['created', config?.created && printable(config.created)],
      ['entrypoint', words(config?.entrypoint)],
      ['command', words(config?.command)],
      ['directory', config?.workingDir && printable(config.workingDir)],
      ['user', config?.user && printable(config.user)],
      ['ports', config && printable(config.exposedPorts.join(', '))],
      ...(config?.env ?? []).map(one => ['env', printable(one)] as const),
      ...pairs('label', config?.labels ?? {}),
      ...layers,
    ],
    '  ',
  )
  return `${title(manifest, image)}\n${fields}`
}

function sizeText({ size, layers }: PlatformDescription): string {
  return `${formatSize(size)} in ${formatCount(layers.length, 'layer')}`
}

function title(
  { platform, attestationFor, artifactType, mediaType }: PlatformDescription,
  image: ImageDescription,
): string {
  if (attestationFor !== undefined) {
    const about = image.platforms.find(one => one.digest === attestationFor)?.platform
    return `attestation for ${printable(about ?? attestationFor)}`
  }
  return printable(platform ?? artifactType ?? (isIndexType(mediaType) ? 'index' : 'manifest'))
}

/** As JSON, since a word may hold spaces. */
function words(list: readonly string[] | undefined): string | undefined {
  return list === undefined || list.length === 0 ? undefined : printable(JSON.stringify(list))
}

function pairs(name: string, entries: Readonly<Record<string, string>>): (readonly [string, string])[] {
  return Object.entries(entries).map(([key, value]) => [name, printable(`${key}=${value}`)])
}
