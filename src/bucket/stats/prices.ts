/** What is paid for what a bucket holds. A file given with `--prices` has the same shape. */
export interface PriceList {
  /** When the pages were looked at, as 2026-11-21. */
  readonly date: string
  /** An ISO 4217 code. */
  readonly currency: string
  /** By the scheme of a bucket: `s3`, `gs`, `az`, `local`. */
  readonly services: Readonly<Record<string, ServicePrices>>
  /** The registry that the bucket is compared with. */
  readonly registry: RegistryPrices
}

export interface ServicePrices {
  readonly name: string
  readonly region: string
  /** By storage class, as listings name it; `none` where the service has no classes. */
  readonly classes: Readonly<Record<string, ClassPrice>>
  /** For a request that writes an object. */
  readonly put?: RequestPrice
}

/** For a GB and a month; the vendors count a GB as 2^30 bytes. */
export interface ClassPrice {
  readonly gigabyteMonth: number
  /** Where the service moves objects that nobody reads to cheaper tiers by itself: which a listing does not tell. */
  readonly tiering?: {
    /** Of the cheapest tier that needs no one's consent. */
    readonly lowestGigabyteMonth: number
    /** For each object that is watched, and a month. */
    readonly watchedObjectMonth: number
    /** Smaller objects are not watched and never move. */
    readonly leastBytes: number
  }
  /** The page that says so. */
  readonly source: string
}

export interface RequestPrice {
  readonly request: number
  readonly source: string
}

export interface RegistryPrices {
  readonly name: string
  readonly region: string
  readonly gigabyteMonth: number
  /** What an uncompressed layer would be divided by: who pushes to a registry compresses it. */
  readonly layerCompression: number
  readonly source: string
}

/** How the vendors count a GB: AWS's examples and Google's price page reckon with 2^30 bytes. */
export const gigabyte = 2 ** 30

const s3Page = 'https://aws.amazon.com/s3/pricing/'
const gcsPage = 'https://cloud.google.com/storage/pricing'

/**
 * Public list prices, of the first tier by volume. Azure has none here: its prices differ with the redundancy of the account, which a listing
 * does not tell.
 */
export const prices: PriceList = {
  date: '2026-11-21',
  currency: 'USD',
  services: {
    s3: {
      name: 'Amazon S3',
      region: 'us-east-1',
      classes: {
        STANDARD: { gigabyteMonth: 0.023, source: s3Page },
        INTELLIGENT_TIERING: {
          gigabyteMonth: 0.023,
          // Frequent 0.023, infrequent after 30 days 0.0125, archive instant after 90 days 0.004.
          tiering: { lowestGigabyteMonth: 0.004, watchedObjectMonth: 0.0025 / 1000, leastBytes: 128 * 1024 },
          source: s3Page,
        },
        STANDARD_IA: { gigabyteMonth: 0.0125, source: s3Page },
        ONEZONE_IA: { gigabyteMonth: 0.01, source: s3Page },
        GLACIER_IR: { gigabyteMonth: 0.004, source: s3Page },
      },
      put: { request: 0.005 / 1000, source: s3Page },
    },
    gs: {
      name: 'Google Cloud Storage',
      region: 'us-central1',
      classes: {
        STANDARD: { gigabyteMonth: 0.02, source: gcsPage },
        NEARLINE: { gigabyteMonth: 0.01, source: gcsPage },
        COLDLINE: { gigabyteMonth: 0.004, source: gcsPage },
        ARCHIVE: { gigabyteMonth: 0.0012, source: gcsPage },
      },
      put: { request: 0.005 / 1000, source: gcsPage },
    },
  },
  registry: {
    name: 'Amazon ECR',
    region: 'us-east-1',
    gigabyteMonth: 0.1,
    layerCompression: 3.4,
    source: 'https://aws.amazon.com/ecr/pricing/',
  },
}
