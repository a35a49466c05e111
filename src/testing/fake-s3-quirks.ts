import { S3Refusal } from './fake-s3-answer.ts'

/** What servers do that AWS does not, and what AWS does at bad times. Every one is off until it is switched on. */
export interface S3Quirks {
  /** If-Match and If-None-Match of writes are ignored, or refused with 501. */
  conditions: 'obeyed' | 'ignored' | 'refused'
  /** If-Match matches an entity tag only in this form: AWS's documentation quotes it, Ceph wants it bare. */
  etagsInConditions: 'quoted' | 'bare'
  /** A lost race is answered 409 or 500 where it should be 412. */
  lostRaceStatus: 409 | 412 | 500
  /** Classes beside STANDARD; others are refused. */
  storageClasses: readonly string[]
  /** The bucket's region, for which requests must be signed. */
  region: string
  /** Buckets that are elsewhere, and their regions. */
  otherRegions: Readonly<Record<string, string>>
  /** Whether a wrong region is answered with 301 (by the other region's endpoint) or with 400. */
  wrongRegionStatus: 301 | 400
  /** Session tokens that are good; any other has expired. Without it, none is asked for. */
  sessionTokens: readonly string[] | undefined
  /** The server's clock minus the real one. */
  clockMilliseconds: number
  /** Whether 404 is told from 403: AWS does so for who may list the bucket. */
  mayList: boolean
  /** Operations that are denied, as permissions name them: `s3:PutObject`. */
  denied: readonly string[]
  /** Keys that are archived and cannot be read. */
  archived: readonly string[]
  /** So many of the next requests are answered 503 SlowDown. */
  slowDowns: number
  /** Complete answers an empty ETag, as Ceph does. */
  emptyCompleteEtag: boolean
  /** The server copies no objects. */
  refusesCopies: boolean
  /** DeleteObjects is not known, or is refused without Content-MD5, as by AWS before 2025 and by others still. */
  manyDeletions: 'known' | 'unknown' | 'with-md5'
  /** What DeleteObjects answers for a key, with the code, so many times. */
  keyErrors: Map<string, { code: string; times: number }>
  /** What is on a page of unfinished uploads. */
  uploadsPerPage: number
}

export const noS3Quirks: S3Quirks = {
  conditions: 'obeyed',
  etagsInConditions: 'quoted',
  lostRaceStatus: 412,
  storageClasses: ['INTELLIGENT_TIERING'],
  region: 'us-east-1',
  otherRegions: {},
  wrongRegionStatus: 400,
  sessionTokens: undefined,
  clockMilliseconds: 0,
  mayList: true,
  denied: [],
  archived: [],
  slowDowns: 0,
  emptyCompleteEtag: false,
  refusesCopies: false,
  manyDeletions: 'known',
  keyErrors: new Map(),
  uploadsPerPage: 1000,
}

/** Fails where the identity may not do this. */
export function checkPermission({ denied }: S3Quirks, permission: string): void {
  if (denied.includes(permission)) throw new S3Refusal(403, 'AccessDenied', 'Access Denied')
}
