import * as v from 'valibot'
import { LadingError } from '../../errors/index.ts'
import type { BucketAddress } from './bucket-address.ts'
import type { GcsClient } from './gcs-client.ts'
import { type ObjectResource, parseAnswer, parseJson, parseResource, resourceFields } from './object-resource.ts'
import { lookUp } from './read-object.ts'

const rewriteSchema = v.object({
  done: v.boolean(),
  rewriteToken: v.optional(v.string()),
  resource: v.optional(v.unknown()),
})

/** How often a source is looked at again that was replaced while it was copied. */
const sourceAttempts = 3

export interface CopySource {
  readonly bucket: string
  readonly name: string
  readonly size: number
}

/**
 * Copies an object within Google, whatever its size, location or class. One that takes long is answered with a token, which the
 * next request goes on with.
 *
 * @returns `undefined` where the target is not of generation `ifGenerationMatch`
 * @throws LadingError `blob-not-found`, `size-mismatch`
 */
export async function copyObject(
  client: GcsClient,
  address: BucketAddress,
  from: CopySource,
  to: string,
  options: { readonly ifGenerationMatch?: string | undefined; readonly signal?: AbortSignal | undefined },
): Promise<ObjectResource | undefined> {
  for (let attempt = 1; ; attempt++) {
    const source = await lookUp(client, address, from.name, options.signal, from.bucket)
    if (source === undefined)
      throw new LadingError('blob-not-found', `there is no gs://${from.bucket}/${from.name} to copy`)
    if (source.size !== from.size) {
      const message = `gs://${from.bucket}/${from.name} has ${source.size} bytes, and should have ${from.size}`
      throw new LadingError('size-mismatch', message)
    }
    const copied = await rewrite(client, address, { ...from, generation: source.generation }, to, options)
    if (copied !== undefined || options.ifGenerationMatch !== undefined || attempt === sourceAttempts) return copied
  }
}

async function rewrite(
  client: GcsClient,
  address: BucketAddress,
  from: CopySource & { readonly generation: string },
  to: string,
  {
    ifGenerationMatch,
    signal,
  }: { readonly ifGenerationMatch?: string | undefined; readonly signal?: AbortSignal | undefined },
): Promise<ObjectResource | undefined> {
  let rewriteToken: string | undefined
  for (;;) {
    const url = address.rewrite(from, to, {
      rewriteToken,
      ifGenerationMatch,
      ifSourceGenerationMatch: from.generation,
      fields: `done,rewriteToken,resource(${resourceFields})`,
    })
    const answer = await client.write({ method: 'POST', url, idempotent: true, signal })
    if (answer.status === 412) {
      await answer.discard()
      return undefined
    }
    const progress = parseAnswer(rewriteSchema, parseJson(await client.text(answer)))
    if (progress.done) return parseResource(progress.resource)
    rewriteToken = progress.rewriteToken
  }
}
