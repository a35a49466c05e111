import type { SessionOptions } from '../copy/index.ts'
import type { Library } from './library.ts'

/** What holds for everything that a command does, whichever it is. */
export type Settings = Pick<
  SessionOptions,
  'userAgentPrefix' | 'temporaryFolder' | 'registriesConf' | 'registriesD' | 'policy' | 'onRequest'
>

/** The same library, told of the settings with every call that asks another machine or keeps something on the disk. */
export function withSettings(library: Library, settings: Settings): Library {
  return {
    ...library,
    copyImage: (from, to, options) => library.copyImage(from, to, { ...options, ...settings }),
    pushImage: (image, bucket, options) => library.pushImage(image, bucket, { ...options, ...settings }),
    pullImage: (bucket, name, options) => library.pullImage(bucket, name, { ...options, ...settings }),
    inspectImage: (reference, options) => library.inspectImage(reference, { ...options, ...settings }),
    deleteImage: (reference, options) => library.deleteImage(reference, { ...options, ...settings }),
    deleteAllTags: (image, options) => library.deleteAllTags(image, { ...options, ...settings }),
    tagHistory: (reference, options) => library.tagHistory(reference, { ...options, ...settings }),
    rollbackTag: (reference, options) => library.rollbackTag(reference, { ...options, ...settings }),
    tagImage: (source, name, options) => library.tagImage(source, name, { ...options, ...settings }),
    restoreTag: (reference, options) => library.restoreTag(reference, { ...options, ...settings }),
    listDeletedTags: (bucket, options) => library.listDeletedTags(bucket, { ...options, ...settings }),
    cleanBucket: (bucket, options) => library.cleanBucket(bucket, { ...options, ...settings }),
    listImages: (bucket, options) => library.listImages(bucket, { ...options, ...settings }),
    checkBucket: (bucket, options) => library.checkBucket(bucket, { ...options, ...settings }),
    repairBucket: (target, options) => library.repairBucket(target, { ...options, ...settings }),
    listTags: (repository, options) => library.listTags(repository, { ...options, ...settings }),
    syncImages: (from, to, options) => library.syncImages(from, to, { ...options, ...settings }),
    signImage: (reference, options) => library.signImage(reference, { ...options, ...settings }),
    verifyImage: (reference, options) => library.verifyImage(reference, { ...options, ...settings }),
    readConfig: (bucket, options) => library.readConfig(bucket, { ...options, ...settings }),
    changeConfig: (bucket, changes, options) => library.changeConfig(bucket, changes, { ...options, ...settings }),
    bucketStats: (bucket, options) => library.bucketStats(bucket, { ...options, ...settings }),
    scanImage: (reference, options) => library.scanImage(reference, { ...options, ...settings }),
    imageSbom: (reference, options) => library.imageSbom(reference, { ...options, ...settings }),
    login: options => library.login({ ...options, ...settings }),
  }
}
