import type { Scenario } from './scenario.ts'
import { bigLayers } from './scenarios/big-layers.ts'
import { distantLayer } from './scenarios/distant-layer.ts'
import { manyLayers } from './scenarios/many-layers.ts'
import { nothingToDo } from './scenarios/nothing-to-do.ts'

export const scenarioTable: readonly Scenario[] = [bigLayers, distantLayer, manyLayers, nothingToDo]
