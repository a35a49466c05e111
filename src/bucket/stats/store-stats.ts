import { type BucketConfig, readBucketConfig } from '../../layout/index.ts'
import type { ObjectStore } from '../../stores/index.ts'
import { bucketManifests } from '../bucket-manifests.ts'
import { compileImagePattern } from '../image-pattern.ts'
import { createTally, type Tally, tallied } from '../tally.ts'
import { type CostStats, classStats, costStats, type StorageClassStats, servicePrices } from './bucket-cost.ts'
import { type CleanSavings, cleanSavings } from './clean-savings.ts'
import { countImages } from './count-images.ts'
import {
  chunked,
  condemned,
  createDigestLedger,
  type DigestLedger,
  listed,
  live,
  past,
  present,
  recent,
  root,
  shared,
} from './digest-ledger.ts'
import { createImageCounter, type ImageCount } from './image-counts.ts'
import type { PriceList } from './prices.ts'
import { contentReader } from './read-content.ts'
import { type LayerStats, sharedLayers } from './shared-layers.ts'
import { createClassTallies, totalCost } from './storage-cost.ts'
import { type ObjectKind, surveyObjects } from './survey-objects.ts'

/** One image, all its tags together. */
export interface ImageStats {
  readonly image: string
  readonly tags: number
  /** Signatures and the like, that a tag attaches to it. */
  readonly attachments: number
  /** Every tag whole, and what is attached. */
  readonly logicalBytes: number
  /** What would go if the image went, with its history. */
  readonly ownBytes: number
  /** What its tags need and other images keep too. */
  readonly sharedBytes: number
}

/** What a bucket holds, and what it costs. */
export interface StoreStats {
  readonly images: number
  /** Without those that are attached to a manifest by their name. */
  readonly tags: number
  readonly attachments: number
  /** Tags whose image is not whole. */
  readonly incompleteTags: number
  /** Everything in the bucket. */
  readonly stored: Tally
  readonly objects: Readonly<Record<ObjectKind, Tally>>
  readonly blobs: {
    readonly stored: Tally
    /** Tags need them. */
    readonly needed: Tally
    /** The history of tags alone keeps them. */
    readonly historyOnly: Tally
    /** Nothing needs them, and a clean has condemned them. */
    readonly condemned: Tally
    /** Nothing needs them. */
    readonly unneeded: Tally
  }
  /** What tags name and the bucket does not hold. */
  readonly missing: Tally
  /** The image of every tag whole, and what is attached: what is missing does not count. */
  readonly logicalBytes: number
  /** The same with each blob once. */
  readonly uniqueBytes: number
  readonly savedBytes: number
  /** 0 to 100. */
  readonly savedPercent: number
  readonly storageClasses: readonly StorageClassStats[]
  readonly cost: CostStats
  readonly clean: CleanSavings
  /** The largest first. */
  readonly byImage: readonly ImageStats[]
  /** Images beyond the limit. */
  readonly imagesLeftOut: number
  readonly layers?: LayerStats
}

export interface StatsWork {
  /** Which images are listed, and whose layers. Everything is counted. */
  readonly path: string
  readonly layers: boolean
  readonly limit: number
  readonly prices: PriceList
  /** Whether somebody has given these prices for this bucket. */
  readonly arePricesGiven: boolean
  readonly signal?: AbortSignal | undefined
}

/** What is younger is left alone by a clean. */
const graceMs = 3_600_000

export async function storeStats(store: ObjectStore, work: StatsWork): Promise<StoreStats> {
  const { path, limit, prices: list, signal } = work
  const config: BucketConfig = await readBucketConfig(store, signal)
  const { matches: isAsked } = await compileImagePattern(path)
  const prices = servicePrices(store, list, work.arePricesGiven)
  const classes = createClassTallies(prices)
  const blobClasses = createClassTallies(prices)
  const ledger = createDigestLedger()
  const before = new Date(Date.now() - graceMs)
  const survey = await surveyObjects(store, ledger, { classes, blobClasses, before, signal })
  const counter = createImageCounter(ledger, work.layers)
  const reader = contentReader(store, bucketManifests(store), ledger, signal)
  await countImages(store, ledger, counter, reader, { config, isAsked, signal })
  const { images, totals } = counter
  const sums = sumUp(ledger, images)
  const layers = work.layers ? await sharedLayers(store, ledger, reader, limit, signal) : undefined

  const chunkBytes = survey.kinds.chunks.bytes + survey.kinds.recipes.bytes + survey.kinds.indexes.bytes
  const uniqueBytes = sums.unique + (sums.hasChunks ? chunkBytes : 0)
  // Chunks that nothing needs may make it negative: which those are only s3lo can tell.
  const savedBytes = Math.max(0, totals.logicalBytes - uniqueBytes)
  const asked = images.filter(({ image }) => isAsked(image))
  const byImage = asked.sort((a, b) => b.logicalBytes - a.logicalBytes || (a.image < b.image ? -1 : 1)).slice(0, limit)
  const blobPrice = totalCost(blobClasses, prices)?.monthly
  const { stored } = sums.blobs
  return {
    images: images.length,
    tags: totals.tags,
    attachments: totals.attachments,
    incompleteTags: totals.incompleteTags,
    stored: tallied(survey.stored),
    objects: mapTallies(survey.kinds),
    blobs: mapTallies(sums.blobs),
    missing: totals.missing,
    logicalBytes: totals.logicalBytes,
    uniqueBytes,
    savedBytes,
    savedPercent: totals.logicalBytes === 0 ? 0 : (savedBytes / totals.logicalBytes) * 100,
    storageClasses: classStats(classes, prices),
    cost: costStats(list, prices, classes, images, sums.blobs.needed),
    clean: await cleanSavings(store, {
      config,
      graceMs,
      hasAttachments: totals.attachments > 0,
      garbage: tallied(sums.garbage),
      recent: tallied(sums.recent),
      bytePrice: blobPrice === undefined || stored.bytes === 0 ? undefined : blobPrice / stored.bytes,
      signal,
    }),
    byImage: byImage.map(imageStats),
    imagesLeftOut: asked.length - byImage.length,
    ...(layers === undefined ? {} : { layers }),
  }
}

/** One look at every digest. What an image alone keeps is added to it. */
function sumUp(ledger: DigestLedger, images: readonly ImageCount[]) {
  const blobs = {
    stored: createTally(),
    needed: createTally(),
    historyOnly: createTally(),
    condemned: createTally(),
    unneeded: createTally(),
  }
  const [garbage, young] = [createTally(), createTally()]
  let unique = 0
  let hasChunks = false
  for (let row = 0; row < ledger.rows; row++) {
    const flags = ledger.flags(row)
    const bytes = ledger.bytes.get(row)
    const owner = flags & shared ? undefined : images[ledger.image.get(row) - 1]
    if (owner !== undefined && flags & present) {
      owner.ownBytes += bytes
      if (flags & live) owner.ownNeededBytes += bytes
    }
    if (flags & live && flags & (listed | root)) unique += bytes
    else if (flags & live && flags & chunked) hasChunks = true
    if (!(flags & listed)) continue
    blobs.stored.add(bytes)
    if (flags & live) blobs.needed.add(bytes)
    else if (flags & past) blobs.historyOnly.add(bytes)
    else {
      blobs[flags & condemned ? 'condemned' : 'unneeded'].add(bytes)
      ;(flags & recent && !(flags & condemned) ? young : garbage).add(bytes)
    }
  }
  return { blobs, garbage, recent: young, unique, hasChunks }
}

function imageStats({ uniqueBytes, ownNeededBytes, uncompressedBytes: _, ...rest }: ImageCount): ImageStats {
  return { ...rest, sharedBytes: uniqueBytes - ownNeededBytes }
}

function mapTallies<K extends string>(tallies: Readonly<Record<K, Tally>>): Record<K, Tally> {
  const entries = Object.entries<Tally>(tallies).map(([key, tally]) => [key, tallied(tally)])
  return Object.fromEntries(entries) as Record<K, Tally>
}
