import type { CopyListener } from '../../copy/events.ts'
import type { WriteGuard } from '../../layout/index.ts'
import type { ObjectStore } from '../../stores/index.ts'
import type { RepairSources } from './repair-sources.ts'

/** A repair under way. */
export interface Repairing {
  readonly store: ObjectStore
  readonly sources: RepairSources
  readonly guard: WriteGuard
  readonly verify: boolean
  readonly jobs: number
  readonly listen: CopyListener
  readonly signal: AbortSignal
}
