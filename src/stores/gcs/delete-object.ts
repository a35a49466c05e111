import { LadingError } from '../../errors/index.ts'
import type { DeleteOptions } from '../object-store.ts'
import type { BucketAddress } from './bucket-address.ts'
import type { GcsClient } from './gcs-client.ts'
import { isGeneration, lookUp } from './read-object.ts'
import { isBucketAbsent, readRefusal } from './refusal.ts'

/** @throws LadingError `precondition-failed` where it is there and not of that generation */
export async function deleteObject(
  client: GcsClient,
  address: BucketAddress,
  name: string,
  { ifMatch, signal }: DeleteOptions,
): Promise<void> {
  if (ifMatch === undefined || isGeneration(ifMatch)) {
    const url = address.object(name, { ifGenerationMatch: ifMatch })
    const answer = await client.write({ method: 'DELETE', url, signal })
    if (answer.status < 400) return await answer.discard()
    const refusal = await readRefusal(answer)
    if (refusal.status === 404 && !isBucketAbsent(refusal)) return
    if (refusal.status !== 412) throw client.refusal(refusal)
  }
  // An absent object is of no generation, and a condition on one does not hold.
  if ((await lookUp(client, address, name, signal)) === undefined) return
  throw new LadingError('precondition-failed', 'it is not the version that was to be deleted')
}
