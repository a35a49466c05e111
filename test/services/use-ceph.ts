import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { createHttpClient, type HttpClient } from '../../src/http/index.ts'
import { type OpenOptions, openS3, sdkClient } from '../stores/s3-place.ts'
import { type CephServer, startCeph } from './start-ceph.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A Ceph with one bucket that all tests of a block share. */
export interface SharedCeph {
  /** From the first test on. */
  readonly server: CephServer
  readonly http: HttpClient
  readonly cache: string
  /** Opens a bucket, or a part of one. */
  open(root: string, options?: Partial<OpenOptions>): ReturnType<typeof openS3>
}

/** Starts a Ceph before the tests of the block that calls this, and stops it after them. */
export function useCeph(bucket: string): SharedCeph {
  let server: CephServer | undefined
  let http: HttpClient | undefined
  let cache = ''
  const started = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('Ceph is there when the tests run')
    return value
  }
  beforeAll(async () => {
    server = await startCeph()
    http = createHttpClient()
    cache = await mkdtemp(path.join(temporaryFolder(), 'cache-'))
    await sdkClient(server).createBucket({ Bucket: bucket })
  })
  afterAll(async () => {
    await http?.[Symbol.asyncDispose]()
    await server?.stop()
  })
  const shared: SharedCeph = {
    get server() {
      return started(server)
    },
    get http() {
      return started(http)
    },
    get cache() {
      return cache
    },
    open: (root, options = {}) => openS3(shared.server, { root, http: shared.http, cache: shared.cache, ...options }),
  }
  return shared
}
