/** Where an archive is written. Calls do not overlap. */
export interface TarSink {
  /** Bytes that stand there, or are on their way. */
  readonly position: number
  /** Puts bytes at the end, and waits where they do not flow. The bytes are not changed afterwards. */
  write(bytes: Uint8Array): Promise<void>
  /** What was written can be read. */
  flush(): Promise<void>
  /** The archive is complete. Absent: nobody waits for its end. */
  end?(): void
  /** The archive cannot be completed any more: whoever reads it gets this error. Absent: nobody reads it yet. */
  fail?(error: unknown): void
}

/** Where what was written can be changed. */
export interface SeekableTarSink extends TarSink {
  /** Replaces bytes that were flushed. */
  overwrite(position: number, bytes: Uint8Array): Promise<void>
  /** Takes back everything from `position` on, which was flushed up to there. */
  truncate(position: number): Promise<void>
}
