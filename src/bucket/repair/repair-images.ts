import { bucketManifests } from '../bucket-manifests.ts'
import { readBlobTable } from '../health/blob-table.ts'
import { surveyTags } from '../health/survey-tags.ts'
import { verifyBlobs } from '../health/verify-blobs.ts'
import { compileImagePattern } from '../image-pattern.ts'
import { askedInVain } from './asked-in-vain.ts'
import { heldBlobs } from './held-blobs.ts'
import { repairLog } from './repair-log.ts'
import type { RepairResult } from './repair-result.ts'
import { repairTag } from './repair-tag.ts'
import type { Repairing } from './repairing.ts'

/** Repairs every image that is incomplete, as it is found. */
export async function repairImages(
  path: string,
  repairing: Repairing,
): Promise<Omit<RepairResult, 'bucket' | 'seconds'>> {
  const { store, verify, signal } = repairing
  const pattern = await compileImagePattern(path)
  const table = await readBlobTable(store, new Date(), signal)
  const manifests = bucketManifests(store)
  const survey = { store, pattern, manifests, table, signal }
  if (verify) {
    if (path !== '') await surveyTags(survey)
    const wanted = path === '' ? {} : { wanted: table.isNamed }
    repairing.listen({ type: 'planned', ...(path === '' ? table.listed : table.named) })
    for await (const { digest, why } of verifyBlobs(store, { blobs: 0, bytes: 0 }, { ...repairing, ...wanted }))
      table.setDamaged(digest, why)
  }
  const blobs = heldBlobs(store, { ...repairing, damage: async ({ digest }) => table.damageOf(digest) })
  const log = repairLog()
  const vain = repairing.sources.areFixed ? { vain: askedInVain() } : {}
  const { checked } = await surveyTags({
    ...survey,
    async onIncomplete(tag) {
      await repairTag(tag, { ...repairing, ...vain, manifests, blobs, log })
    },
  })
  return log.result(checked)
}
