import type { login, loginUser, logout } from '../auth/index.ts'
import type { bucketStats, changeConfig, cleanBucket, initStore, listImages, readConfig } from '../bucket/index.ts'
import type { copyImage, deleteImage, inspectImage, listTags, pullImage, pushImage, syncImages } from '../copy/index.ts'
import type { manifestDigest } from '../model/manifest-digest.ts'

/** What the commands call. Everything that moves, reads or writes an image stands behind it. */
export interface Library {
  readonly copyImage: typeof copyImage
  readonly pushImage: typeof pushImage
  readonly pullImage: typeof pullImage
  readonly inspectImage: typeof inspectImage
  readonly deleteImage: typeof deleteImage
  readonly listImages: typeof listImages
  readonly cleanBucket: typeof cleanBucket
  readonly listTags: typeof listTags
  manifestDigest(...words: Parameters<typeof manifestDigest>): Promise<ReturnType<typeof manifestDigest>>
  readonly syncImages: typeof syncImages
  readonly initStore: typeof initStore
  readonly readConfig: typeof readConfig
  readonly changeConfig: typeof changeConfig
  readonly bucketStats: typeof bucketStats
  readonly login: typeof login
  readonly loginUser: typeof loginUser
  readonly logout: typeof logout
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
  cleanBucket: async (...words) => (await import('../bucket/index.ts')).cleanBucket(...words),
  async *listTags(...words) {
    yield* (await import('../copy/index.ts')).listTags(...words)
  },
  async *syncImages(...words) {
    yield* (await import('../copy/index.ts')).syncImages(...words)
  },
  manifestDigest: async (...words) => (await import('../model/manifest-digest.ts')).manifestDigest(...words),
  initStore: async (...words) => (await import('../bucket/index.ts')).initStore(...words),
  readConfig: async (...words) => (await import('../bucket/index.ts')).readConfig(...words),
  changeConfig: async (...words) => (await import('../bucket/index.ts')).changeConfig(...words),
  bucketStats: async (...words) => (await import('../bucket/index.ts')).bucketStats(...words),
  login: async (...words) => (await import('../auth/index.ts')).login(...words),
  loginUser: async (...words) => (await import('../auth/index.ts')).loginUser(...words),
  logout: async (...words) => (await import('../auth/index.ts')).logout(...words),
}
