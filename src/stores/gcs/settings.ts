import { LadingError } from '../../errors/index.ts'
import { checkKey } from '../object-key.ts'
import type { StoreContext } from '../store-context.ts'

/** Which bucket, and where it is asked for. */
export interface GcsSettings {
  readonly bucket: string
  /** What every key of this store begins with in the bucket: empty, or ends with `/`. */
  readonly prefix: string
  /** The origin of the server. */
  readonly endpoint: string
  /** The server is not Google's: no credential is looked for, and none shown to it. */
  readonly emulated: boolean
}

const google = 'https://storage.googleapis.com'

/** @throws LadingError `bad-reference` or `bad-argument` */
export function readSettings(root: string, { cloud, environment }: StoreContext): GcsSettings {
  const [bucket = '', ...rest] = root.replace(/\/+$/, '').split('/')
  // https://cloud.google.com/storage/docs/buckets#naming
  if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(bucket)) {
    throw new LadingError(
      'bad-reference',
      `${JSON.stringify(bucket)} is not the name of a Google Cloud Storage bucket`,
      {
        hint: 'a name has 3 to 222 lower-case letters, digits, dashes, underscores and dots: gs://my-bucket/image:tag',
      },
    )
  }
  if (rest.length > 0) checkKey(rest.join('/'))
  const named = cloud.endpoint ?? environment.STORAGE_EMULATOR_HOST
  const endpoint = named === undefined || named === '' ? google : originOf(named)
  return {
    bucket,
    prefix: rest.length === 0 ? '' : `${rest.join('/')}/`,
    endpoint,
    emulated: !isGoogle(new URL(endpoint)),
  }
}

/** STORAGE_EMULATOR_HOST is written with and without a scheme. */
function originOf(named: string): string {
  const text = named.includes('://') ? named : `http://${named}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol)) return url.origin
  throw new LadingError(
    'bad-argument',
    `${JSON.stringify(named)} is not the address of a Google Cloud Storage server`,
    {
      hint: 'set --endpoint or STORAGE_EMULATOR_HOST to http://HOST:PORT',
    },
  )
}

/** Also regional and private service endpoints: `storage.europe-west3.rep.googleapis.com`, `storage-x.p.googleapis.com`. */
function isGoogle({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' && hostname.endsWith('.googleapis.com')
}
