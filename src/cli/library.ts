import type { login, loginUser, logout } from '../auth/index.ts'
import type {
  bucketStats,
  changeConfig,
  checkBucket,
  cleanBucket,
  deleteAllTags,
  initStore,
  listDeletedTags,
  listImages,
  readConfig,
  repairBucket,
  restoreTag,
  rollbackTag,
  tagHistory,
  tagImage,
} from '../bucket/index.ts'
import type {
  copyImage,
  deleteImage,
  inspectImage,
  listTags,
  pullImage,
  pushImage,
  signImage,
  syncImages,
  verifyImage,
} from '../copy/index.ts'
import type { manifestDigest } from '../model/manifest-digest.ts'
import type { imageSbom, scanImage } from '../scan/index.ts'

import type { generateSigstoreKey } from '../trust/sigstore/index.ts'

/** What the commands call. Everything that moves, reads or writes an image stands behind it. */
export interface Library {
  readonly copyImage: typeof copyImage
  readonly pushImage: typeof pushImage
  readonly pullImage: typeof pullImage
  readonly inspectImage: typeof inspectImage
  readonly deleteImage: typeof deleteImage
  readonly deleteAllTags: typeof deleteAllTags
  readonly listImages: typeof listImages
  readonly tagHistory: typeof tagHistory
  readonly rollbackTag: typeof rollbackTag
  readonly tagImage: typeof tagImage
  readonly restoreTag: typeof restoreTag
  readonly listDeletedTags: typeof listDeletedTags
  readonly checkBucket: typeof checkBucket
  readonly repairBucket: typeof repairBucket
  readonly cleanBucket: typeof cleanBucket
  readonly listTags: typeof listTags
  manifestDigest(...words: Parameters<typeof manifestDigest>): Promise<ReturnType<typeof manifestDigest>>
  readonly syncImages: typeof syncImages
  readonly signImage: typeof signImage
  readonly verifyImage: typeof verifyImage
  readonly initStore: typeof initStore
  readonly readConfig: typeof readConfig
  readonly changeConfig: typeof changeConfig
  readonly bucketStats: typeof bucketStats
  readonly scanImage: typeof scanImage
  readonly imageSbom: typeof imageSbom
  readonly login: typeof login
  readonly loginUser: typeof loginUser
  readonly logout: typeof logout
  readonly generateSigstoreKey: typeof generateSigstoreKey
}

/** lading itself, each part loaded when a command first calls it: `version` and `--help` load none. */
export const library: Library = {
  copyImage: async (...words) => (await import('../copy/index.ts')).copyImage(...words),
  pushImage: async (...words) => (await import('../copy/index.ts')).pushImage(...words),
  pullImage: async (...words) => (await import('../copy/index.ts')).pullImage(...words),
  inspectImage: async (...words) => (await import('../copy/index.ts')).inspectImage(...words),
  deleteImage: async (...words) => (await import('../copy/index.ts')).deleteImage(...words),
  async *listImages(...words) {
    yield* (await import('../bucket/index.ts')).listImages(...words)
  },
  async *deleteAllTags(...words) {
    yield* (await import('../bucket/index.ts')).deleteAllTags(...words)
  },
  tagHistory: async (...words) => (await import('../bucket/index.ts')).tagHistory(...words),
  rollbackTag: async (...words) => (await import('../bucket/index.ts')).rollbackTag(...words),
  tagImage: async (...words) => (await import('../bucket/index.ts')).tagImage(...words),
  restoreTag: async (...words) => (await import('../bucket/index.ts')).restoreTag(...words),
  async *listDeletedTags(...words) {
    yield* (await import('../bucket/index.ts')).listDeletedTags(...words)
  },
  checkBucket: async (...words) => (await import('../bucket/index.ts')).checkBucket(...words),
  repairBucket: async (...words) => (await import('../bucket/index.ts')).repairBucket(...words),
  cleanBucket: async (...words) => (await import('../bucket/index.ts')).cleanBucket(...words),
  async *listTags(...words) {
    yield* (await import('../copy/index.ts')).listTags(...words)
  },
  async *syncImages(...words) {
    yield* (await import('../copy/index.ts')).syncImages(...words)
  },
  signImage: async (...words) => (await import('../copy/index.ts')).signImage(...words),
  verifyImage: async (...words) => (await import('../copy/index.ts')).verifyImage(...words),
  manifestDigest: async (...words) => (await import('../model/manifest-digest.ts')).manifestDigest(...words),
  initStore: async (...words) => (await import('../bucket/index.ts')).initStore(...words),
  readConfig: async (...words) => (await import('../bucket/index.ts')).readConfig(...words),
  changeConfig: async (...words) => (await import('../bucket/index.ts')).changeConfig(...words),
  bucketStats: async (...words) => (await import('../bucket/index.ts')).bucketStats(...words),
  scanImage: async (...words) => (await import('../scan/index.ts')).scanImage(...words),
  imageSbom: async (...words) => (await import('../scan/index.ts')).imageSbom(...words),
  login: async (...words) => (await import('../auth/index.ts')).login(...words),
  loginUser: async (...words) => (await import('../auth/index.ts')).loginUser(...words),
  logout: async (...words) => (await import('../auth/index.ts')).logout(...words),
  generateSigstoreKey: async (...words) => (await import('../trust/sigstore/index.ts')).generateSigstoreKey(...words),
}
