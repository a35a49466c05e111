import type { HeaderSource } from '../../tar/header-reader.ts'

/** Keeps what is read of headers. */
export class RecordingSource implements HeaderSource {
  readonly #source: HeaderSource
  #taken: Uint8Array[] = []

  constructor(source: HeaderSource) {
    this.#source = source
  }

  get position(): number {
    return this.#source.position
  }

  async take(size: number): Promise<Uint8Array> {
    const bytes = await this.#source.take(size)
    this.#taken.push(bytes)
    return bytes
  }

  /** Everything that was read since this was asked the last time. */
  recorded(): Uint8Array {
    const bytes = Buffer.concat(this.#taken)
    this.#taken = []
    return bytes
  }
}
