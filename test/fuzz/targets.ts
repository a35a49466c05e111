import type { FuzzTarget } from './target.ts'
import { answerTargets } from './targets/answers.ts'
import { archiveTargets } from './targets/archives.ts'
import { bucketTargets } from './targets/bucket.ts'
import { configurationTargets } from './targets/configuration.ts'
import { encryptionTargets } from './targets/encryption.ts'
import { httpTargets } from './targets/http.ts'
import { imageTargets } from './targets/images.ts'
import { scanningTargets } from './targets/scanning.ts'
import { signatureTargets } from './targets/signatures.ts'
import { wordTargets } from './targets/words.ts'

/** Every parser of what others write. */
export const fuzzTargets: readonly FuzzTarget[] = [
  ...imageTargets,
  ...bucketTargets,
  ...archiveTargets,
  ...configurationTargets,
  ...encryptionTargets,
  ...httpTargets,
  ...answerTargets,
  ...scanningTargets,
  ...signatureTargets,
  ...wordTargets,
]
