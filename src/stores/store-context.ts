import type { HttpClient } from '../http/index.ts'

/** Where a cloud's bucket is and how it is asked, where its own environment does not say it. Each is one option of the command. */
export interface CloudOptions {
  /** The origin of an S3-compatible server, of an Azure Blob endpoint, or of a Google Cloud Storage emulator. */
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  /** Of the AWS configuration files. */
  readonly profile?: string | undefined
  /** The Azure storage account. */
  readonly account?: string | undefined
  /** S3 server-side encryption: `AES256`, `aws:kms` or `aws:kms:dsse`. */
  readonly sse?: string | undefined
  readonly sseKmsKeyId?: string | undefined
  /** Whoever asks pays for S3's answers. */
  readonly requesterPays?: boolean | undefined
}

/** What a store is opened with. Stores on this machine use nothing of it but `warn`. */
export interface StoreContext {
  /** The HTTP client, made and loaded when it is first asked for. */
  http(): Promise<HttpClient>
  readonly cloud: CloudOptions
  /** `false`: accept any certificate of the cloud's endpoint. */
  readonly tlsVerify?: boolean | undefined
  /** `process.env`, or what a test puts in its place. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Something the user should know that is not an error; said once however often it is called. */
  warn(message: string): void
}
