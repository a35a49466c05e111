import type { IncomingMessage } from 'node:http'
import { GcsRefusal } from './fake-gcs-answer.ts'
import type { FakeGcsBucket, Preconditions } from './fake-gcs-bucket.ts'

/** What the fake does that Google does only sometimes. May be changed while it runs. */
export interface GcsQuirks {
  /** Answers the next requests that match with this status, and then as ever. */
  fail: { times: number; readonly status: number; readonly method?: string; readonly path?: RegExp } | undefined
  /** Changes a bit of the next bodies of requests that match, as a faulty network does. */
  damage: { times: number; readonly path: RegExp } | undefined
  /** Writes of one object that come sooner after one another are answered 429. */
  millisecondsBetweenWrites: number
  /** A rewrite of more than this takes several calls. */
  rewriteBytesPerCall: number
  /** Permissions that the caller does not have. */
  readonly denied: Set<string>
  /** Refuses what names no project to bill. */
  requesterPays: boolean
  /** Knows nothing of the XML API, as some emulators do not. */
  noXml: boolean
}

/** A request, as the handlers see it. */
export interface GcsCall {
  readonly request: IncomingMessage
  readonly method: string
  readonly url: URL
  readonly query: URLSearchParams
  readonly origin: string
  readonly quirks: GcsQuirks
  /** @throws GcsRefusal 404 where there is none */
  bucket(name: string): FakeGcsBucket
  readonly body: () => Promise<Buffer>
}

/** @throws GcsRefusal 403 where the caller lacks the permission */
export function needs({ quirks }: GcsCall, permission: string): void {
  if (!quirks.denied.has(permission)) return
  const message = `tester@example.iam.gserviceaccount.com does not have ${permission} access to the Google Cloud Storage object. Permission '${permission}' denied on resource (or it may not exist).`
  throw new GcsRefusal(403, 'forbidden', 'AccessDenied', message)
}

export function preconditions({ query }: GcsCall): Preconditions {
  return {
    ifGenerationMatch: query.get('ifGenerationMatch') ?? undefined,
    ifGenerationNotMatch: query.get('ifGenerationNotMatch') ?? undefined,
  }
}

/** @throws GcsRefusal 404 */
export function objectOf(bucketName: string, bucket: FakeGcsBucket, name: string) {
  const object = bucket.objects.get(name)
  if (object === undefined) throw new GcsRefusal(404, 'notFound', 'NoSuchKey', `No such object: ${bucketName}/${name}`)
  return object
}
