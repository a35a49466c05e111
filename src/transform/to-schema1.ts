import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { LadingError } from '../errors/index.ts'
import { type Digest, digestParts } from '../model/digest.ts'
import { gzippedEmptyLayerDigest } from '../model/empty-layer.ts'
import { goFields, goJson, goObject } from '../model/go-json.ts'
import { goTime } from '../model/go-time.ts'
import { readJson } from '../model/read-json.ts'

const text = v.nullish(v.string(), '')
const configSchema = v.looseObject({
  architecture: text,
  history: v.nullish(
    v.array(
      v.looseObject({
        created: v.nullish(v.string()),
        created_by: text,
        author: text,
        comment: text,
        empty_layer: v.nullish(v.boolean(), false),
      }),
    ),
    [],
  ),
})
type Step = v.InferOutput<typeof configSchema>['history'][number]

/** A manifest of schema 1, not signed, and the layers that have to be there for it. */
export interface MadeSchema1 {
  readonly bytes: Uint8Array
  /** Oldest first, one for each step. */
  readonly blobSums: readonly Digest[]
  /** Whether the layer of empty-layer.ts is one of them. */
  readonly needsEmptyLayer: boolean
}

/**
 * The manifest of schema 1 of an image, with the IDs that Docker and the containers tools give to its steps.
 *
 * `name` is the repository without its registry, `tag` may be empty: nobody reads them but the registry that it is pushed to, which
 * wants its own. `layers` are the digests of the image's layers, oldest first, compressed with gzip: schema 1 cannot say otherwise.
 *
 * @throws LadingError `bad-manifest` where the config cannot be used, `unsupported` where its history does not account for each layer
 */
export function toSchema1(name: string, tag: string, config: Uint8Array, layers: readonly Digest[]): MadeSchema1 {
  const json = decode(config)
  const { architecture, history } = parseConfig(json)
  const blobSums = assignLayers(history, layers)
  const compatibility: string[] = []
  let id = ''
  for (const [position, step] of history.entries()) {
    const blobSum = blobSums[position] ?? gzippedEmptyLayerDigest
    const parent = id
    id = stepId(blobSum, parent)
    if (position < history.length - 1) {
      compatibility.push(describeStep(step, id, parent, position))
    } else {
      // the parent of the newest step goes into its ID before the config does, so that the IDs are everyone's
      compatibility.push(describeImage(json, stepId(blobSum, parent, json), parent, step.empty_layer ?? false))
    }
  }
  const manifest = {
    name,
    tag,
    architecture,
    fsLayers: blobSums.toReversed().map(blobSum => ({ blobSum })),
    history: compatibility.toReversed().map(v1Compatibility => ({ v1Compatibility })),
    schemaVersion: 1,
  }
  const needsEmptyLayer = history.some(step => step.empty_layer)
  return { bytes: new TextEncoder().encode(goJson(manifest)), blobSums, needsEmptyLayer }
}

function assignLayers(history: readonly Step[], layers: readonly Digest[]): Digest[] {
  const needed = history.filter(step => !step.empty_layer).length
  if (history.length === 0 || needed !== layers.length) {
    throw new LadingError(
      'unsupported',
      `Docker's schema 1 names a step of the history for each layer: the image has ${layers.length} layers, and its config ${needed} steps that made one`,
      { hint: 'copy it as --format v2s2 or oci, which need no history' },
    )
  }
  let next = 0
  return history.map(step => (step.empty_layer ? gzippedEmptyLayerDigest : (layers[next++] ?? gzippedEmptyLayerDigest)))
}

/** What the fields of a step are in Docker's first format of images, in the order of the containers tools. */
function describeStep(step: Step, id: string, parent: string, position: number): string {
  const created = goTime(step.created)
  if (created === undefined) throw bad(`history.${position}.created is not a time`)
  return goJson({
    id,
    parent: parent || undefined,
    comment: step.comment || undefined,
    created,
    container_config: { Cmd: [step.created_by] },
    author: step.author || undefined,
    throwaway: step.empty_layer || undefined,
  })
}

/** The newest step stands for the image, and has its config. */
function describeImage(config: string, id: string, parent: string, throwaway: boolean): string {
  const fields = goFields(config)
  fields.delete('rootfs')
  fields.delete('history')
  fields.set('id', goJson(id))
  if (parent !== '') fields.set('parent', goJson(parent))
  if (throwaway) fields.set('throwaway', 'true')
  return goObject(fields)
}

function stepId(blobSum: Digest, ...others: readonly string[]): string {
  const { hex } = digestParts(blobSum)
  return createHash('sha256')
    .update([hex, ...others].join(' '))
    .digest('hex')
}

function parseConfig(json: string): v.InferOutput<typeof configSchema> {
  let value: unknown
  try {
    value = readJson(json)
  } catch (cause) {
    throw bad('it is not JSON', cause)
  }
  if (Array.isArray(value)) throw bad('it is not a JSON object')
  const result = v.safeParse(configSchema, value, { abortEarly: true })
  if (result.success) return result.output
  const [issue] = result.issues
  throw bad(`${v.getDotPath(issue) ?? 'the document'}: ${issue.message}`)
}

function decode(config: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(config)
  } catch (cause) {
    throw bad('it is not UTF-8', cause)
  }
}

function bad(what: string, cause?: unknown): LadingError {
  return new LadingError('bad-manifest', `the image configuration cannot be used: ${what}`, { cause })
}
