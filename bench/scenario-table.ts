import type { Scenario } from './scenario.ts'
import { bigLayers } from './scenarios/big-layers.ts'
import { distantLayer } from './scenarios/distant-layer.ts'
import { dockerPush } from './scenarios/docker-push.ts'
import { largeLayer } from './scenarios/large-layer.ts'
import { manyLayers } from './scenarios/many-layers.ts'
import { nothingToDo } from './scenarios/nothing-to-do.ts'
import { recompress } from './scenarios/recompress.ts'
import { s3AndBack } from './scenarios/s3-and-back.ts'
import { s3ToS3 } from './scenarios/s3-to-s3.ts'
import { startUp } from './scenarios/start-up.ts'
import { verifyBucket } from './scenarios/verify-bucket.ts'

export const scenarioTable: readonly Scenario[] = [
  bigLayers,
  distantLayer,
  manyLayers,
  nothingToDo,
  s3AndBack,
  s3ToS3,
  dockerPush,
  recompress,
  largeLayer,
  startUp,
  verifyBucket,
]
