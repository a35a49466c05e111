/** Something that reads what others have written. */
export interface FuzzTarget {
  readonly name: string
  /** What it reads well: mutations start here, and from its kept corpus. */
  readonly seeds: readonly Uint8Array[]
  /** Words of its grammar. */
  readonly words?: readonly string[]
  /** Makes right what no chance would: checksums. */
  readonly repair?: (bytes: Uint8Array) => Uint8Array
  /** Inputs that a run of the tests tries. Fewer where one is slow. Default 300. */
  readonly share?: number
  /** MUST throw nothing but a LadingError; what it asserts of its own is thrown as any other error. */
  run(bytes: Uint8Array): unknown
}

/** Text as a seed. */
export function textSeeds(...texts: readonly string[]): readonly Uint8Array[] {
  return texts.map(text => Buffer.from(text))
}

/** A document as a seed. */
export function jsonSeeds(...values: readonly unknown[]): readonly Uint8Array[] {
  return textSeeds(...values.map(value => JSON.stringify(value)))
}
