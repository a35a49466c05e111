import type { LayerEncryption } from '../transform/encryption/index.ts'
import type { ImageDestination, ImageSource } from '../transports/index.ts'
import type { CopyOptions } from './copy-options.ts'
import type { CopyListener } from './events.ts'
import type { LayerTarget } from './layer-target.ts'
import type { ManifestReader } from './manifest-reader.ts'
import type { PolicyGuard } from './policy/policy-guard.ts'
import type { LayerSettings } from './store-layer.ts'

/** What a copy was asked for, with its keys as they were read. */
export interface PrepareOptions extends CopyOptions {
  readonly encryption?: LayerEncryption | undefined
}

/** What every step before the plan works with. */
export interface Preparation {
  readonly source: ImageSource
  readonly destination: ImageDestination
  readonly reader: ManifestReader
  readonly options: PrepareOptions
  readonly target: LayerTarget
  readonly settings: LayerSettings
  readonly guard: PolicyGuard | undefined
  readonly listen: CopyListener
  readonly signal: AbortSignal
}

/** Whether a change was asked for, so that an image which is there already need not be the one that is wanted. */
export function asksForChange({ recompress, format, encryption }: PrepareOptions): boolean {
  return recompress !== undefined || format !== undefined || encryption !== undefined
}
