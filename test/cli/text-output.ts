import type { Output } from '../../src/cli/context.ts'

/** An output that keeps what is written. With a size it is a terminal. */
export class TextOutput implements Output {
  readonly isTTY: boolean
  columns: number
  rows: number
  readonly #chunks: (string | Uint8Array)[] = []

  constructor(terminal?: { readonly columns: number; readonly rows: number }) {
    this.isTTY = terminal !== undefined
    this.columns = terminal?.columns ?? 0
    this.rows = terminal?.rows ?? 0
  }

  write(content: string | Uint8Array): void {
    this.#chunks.push(content)
  }

  get text(): string {
    return Buffer.concat(this.#chunks.map(chunk => Buffer.from(chunk))).toString()
  }

  /** What was written since this was last asked, escape characters shown as `<ESC>`. */
  take(): string {
    const text = this.text.replaceAll('\u001b', '<ESC>')
    this.#chunks.length = 0
    return text
  }
}
