import { type CephServer, startCeph } from '../test/services/start-ceph.ts'
import { sdkClient } from '../test/stores/s3-place.ts'

/** A Ceph, and what programs have to know of it. */
export interface S3Bench extends AsyncDisposable {
  readonly server: CephServer
  /** For lading. */
  readonly env: Readonly<Record<string, string>>
  /** For rclone: the remote `ceph:`, at this address. */
  rcloneEnv(url: string): Record<string, string>
  /** Removes what begins so, and gives Ceph the time to free the memory. */
  empty(bucket: string, prefix: string): Promise<void>
}

/** Starts it, with these buckets. */
export async function startS3Bench(...buckets: readonly string[]): Promise<S3Bench> {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startCeph())
  const s3 = sdkClient(server)
  for (const Bucket of buckets) await s3.createBucket({ Bucket })
  const owned = stack.move()
  return {
    server,
    env: {
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
      AWS_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    rcloneEnv: url => ({
      RCLONE_CONFIG_CEPH_TYPE: 's3',
      RCLONE_CONFIG_CEPH_PROVIDER: 'Ceph',
      RCLONE_CONFIG_CEPH_ENDPOINT: url,
      RCLONE_CONFIG_CEPH_REGION: 'us-east-1',
      RCLONE_CONFIG_CEPH_ACCESS_KEY_ID: server.accessKeyId,
      RCLONE_CONFIG_CEPH_SECRET_ACCESS_KEY: server.secretAccessKey,
    }),
    async empty(Bucket, Prefix) {
      for (;;) {
        const { Contents = [] } = await s3.listObjectsV2({ Bucket, Prefix })
        if (Contents.length === 0) return
        await s3.deleteObjects({ Bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } })
      }
    },
    [Symbol.asyncDispose]: async () => {
      s3.destroy()
      await owned.disposeAsync()
    },
  }
}
