import * as v from 'valibot'
import { LadingError } from '../errors/index.ts'
import { type Digest, isDigest } from './digest.ts'
import { normalisePlatform, type Platform } from './platform.ts'
import { readJson } from './read-json.ts'

const strings = v.nullish(v.array(v.string()))
const schema = v.looseObject({
  os: v.nullish(v.string(), ''),
  architecture: v.nullish(v.string(), ''),
  variant: v.nullish(v.string()),
  'os.version': v.nullish(v.string()),
  created: v.nullish(v.string()),
  author: v.nullish(v.string()),
  config: v.nullish(
    v.looseObject({
      Env: strings,
      Entrypoint: strings,
      Cmd: strings,
      WorkingDir: v.nullish(v.string()),
      User: v.nullish(v.string()),
      Labels: v.nullish(v.record(v.string(), v.string())),
      ExposedPorts: v.nullish(v.record(v.string(), v.unknown())),
    }),
  ),
  rootfs: v.nullish(v.looseObject({ diff_ids: v.nullish(v.array(v.string()), []) })),
})

/** What is read of an image's configuration: OCI image specification, config.md. The whole document is kept as bytes. */
export interface ImageConfig {
  readonly platform: Platform
  readonly created?: string
  readonly author?: string
  readonly env: readonly string[]
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly workingDir?: string
  readonly user?: string
  readonly labels: Readonly<Record<string, string>>
  readonly exposedPorts: readonly string[]
  /** Digests of the uncompressed layers, in order. */
  readonly diffIds: readonly Digest[]
}

/** @throws LadingError `bad-manifest` where the bytes are not an image configuration */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  let value: unknown
  try {
    value = readJson(bytes)
  } catch (cause) {
    throw new LadingError('bad-manifest', 'the image configuration is not JSON', { cause })
  }
  const parsed = v.safeParse(schema, value, { abortEarly: true })
  if (!parsed.success) {
    const where = v.getDotPath(parsed.issues[0]) ?? 'the document'
    throw new LadingError(
      'bad-manifest',
      `the image configuration cannot be used: ${where}: ${parsed.issues[0].message}`,
    )
  }
  const raw = parsed.output
  const inner = raw.config
  return {
    platform: normalisePlatform({
      os: raw.os,
      architecture: raw.architecture,
      ...(raw.variant ? { variant: raw.variant } : {}),
      ...(raw['os.version'] ? { 'os.version': raw['os.version'] } : {}),
    }),
    ...(raw.created ? { created: raw.created } : {}),
    ...(raw.author ? { author: raw.author } : {}),
    env: inner?.Env ?? [],
    entrypoint: inner?.Entrypoint ?? [],
    command: inner?.Cmd ?? [],
    ...(inner?.WorkingDir ? { workingDir: inner.WorkingDir } : {}),
    ...(inner?.User ? { user: inner.User } : {}),
    labels: inner?.Labels ?? {},
    exposedPorts: Object.keys(inner?.ExposedPorts ?? {}),
    diffIds: (raw.rootfs?.diff_ids ?? []).filter(isDigest),
  }
}
