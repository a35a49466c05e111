import type { StoreContext } from '../../stores/index.ts'

/** What keys are looked for with. A key in a file or a variable needs no `http`. */
export interface KeyContext extends Pick<StoreContext, 'http' | 'environment'> {
  /** `region` and `profile`, as for buckets in AWS. */
  readonly cloud?: StoreContext['cloud'] | undefined
  /** Asked once, for a key that is encrypted. Absent: there is none, and such a key cannot be used. */
  passphrase?(key: string): Promise<string>
}
