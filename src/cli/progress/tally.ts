import type { CopyEvent } from '../../copy/events.ts'
import type { NodeKind } from '../../model/descriptor.ts'
import type { Digest } from '../../model/digest.ts'

export interface ActiveBlob {
  /** Absent while it is not known. */
  readonly digest: Digest | undefined
  readonly kind: NodeKind
  readonly size: number
  readonly bytes: number
}

interface Sample {
  readonly at: number
  readonly moved: number
}

/** Where a copy stands, added up from its events. */
export class Tally {
  #planned: { readonly blobs: number; readonly bytes: number } | undefined
  #settledBlobs = 0
  #settledBytes = 0
  #moved = 0
  readonly #active = new Map<Digest | undefined, ActiveBlob>()
  readonly #rateWindow: number
  #samples: readonly Sample[] = []

  /** `rateWindow`: over how many milliseconds the rate is taken. */
  constructor(rateWindow: number) {
    this.#rateWindow = rateWindow
  }

  add(event: CopyEvent): void {
    switch (event.type) {
      case 'planned':
        this.#planned = event
        return
      case 'retried':
        if (event.whole) this.#beginAnew()
        return
      case 'started':
        this.#active.set(event.digest, { digest: event.digest, kind: event.kind, size: event.size, bytes: 0 })
        return
      case 'progress': {
        this.#moved += event.bytes
        const blob = this.#active.get(event.digest)
        if (blob) this.#active.set(event.digest, { ...blob, bytes: blob.bytes + event.bytes })
        return
      }
      case 'copied':
      case 'mounted':
      case 'verified':
        // the plan counts the blobs that are missing: no manifest, and nothing that is there already
        if (event.kind === 'index' || event.kind === 'manifest') return
        this.#settledBytes += this.#settle(event)
        this.#settledBlobs++
        return
    }
  }

  #beginAnew(): void {
    this.#planned = undefined
    this.#settledBlobs = 0
    this.#settledBytes = 0
    this.#active.clear()
  }

  /** The bytes that the plan counted for it: where it was made of another layer, those of that one. */
  #settle({ digest, size, from }: CopyEvent & { type: 'copied' | 'mounted' | 'skipped' | 'verified' }): number {
    const key = [from, digest, ...(from === undefined ? [] : [undefined])].find(one => this.#active.has(one))
    const blob = this.#active.get(key)
    if (blob !== undefined) this.#active.delete(key)
    return blob?.size ?? size
  }

  /** Remembers what has moved until now: `rate` looks back on it. */
  sample(now: number): void {
    const samples = [...this.#samples, { at: now, moved: this.#moved }]
    const from = samples.findLastIndex(one => one.at <= now - this.#rateWindow)
    this.#samples = samples.slice(Math.max(0, from))
  }

  get active(): readonly ActiveBlob[] {
    return [...this.#active.values()]
  }

  get isPlanned(): boolean {
    return this.#planned !== undefined
  }

  get blobs(): { readonly settled: number; readonly all: number } {
    return { settled: this.#settledBlobs, all: Math.max(this.#planned?.blobs ?? 0, this.#settledBlobs) }
  }

  get bytes(): { readonly settled: number; readonly all: number } {
    const settled = this.active.reduce((sum, blob) => sum + blob.bytes, this.#settledBytes)
    return { settled, all: Math.max(this.#planned?.bytes ?? 0, settled) }
  }

  /** Bytes a second that really moved; what was mounted is not speed. `undefined` before it is known. */
  get bytesPerSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (first === undefined || last === undefined || last.at === first.at) return undefined
    return ((last.moved - first.moved) * 1000) / (last.at - first.at)
  }

  get secondsLeft(): number | undefined {
    const rate = this.bytesPerSecond
    if (rate === undefined || rate === 0) return undefined
    return (this.bytes.all - this.bytes.settled) / rate
  }
}
