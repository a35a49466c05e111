import { LadingError } from '../../errors/index.ts'
import type { Retention } from '../object-store.ts'
import { codeOf } from './explain-error.ts'
import type { Call, S3Connection } from './s3-connection.ts'

type Signal = AbortSignal | undefined

/** What the bucket's versioning and object lock keep. S3 has no other way to bring back what was deleted. */
export async function readRetention(connection: S3Connection, signal: Signal): Promise<Retention> {
  const [versions, lockedDays] = await Promise.all([versionsOf(connection, signal), lockedDaysOf(connection, signal)])
  return { versions, lockedDays, softDeleteDays: 0 }
}

async function versionsOf(connection: S3Connection, signal: Signal): Promise<Retention['versions']> {
  const call: Call = { permission: 's3:GetBucketVersioning', signal }
  const answered = await connection.ask(call, saysNothing, (s3, options) =>
    s3.getBucketVersioning(connection.inBucket(), options),
  )
  if (answered instanceof LadingError) return undefined
  const { Status } = answered.output
  return Status === 'Enabled' ? 'on' : Status === 'Suspended' ? 'suspended' : 'off'
}

/** Of the bucket's default: nothing is written with a lock of its own. */
async function lockedDaysOf(connection: S3Connection, signal: Signal): Promise<number | undefined> {
  const call: Call = { permission: 's3:GetBucketObjectLockConfiguration', signal }
  const answered = await connection.ask(
    call,
    error => hasNoLock(error) || saysNothing(error),
    (s3, options) => s3.getObjectLockConfiguration(connection.inBucket(), options),
  )
  if (answered instanceof LadingError) return hasNoLock(answered) ? 0 : undefined
  const { Days = 0, Years = 0 } = answered.output.ObjectLockConfiguration?.Rule?.DefaultRetention ?? {}
  return Days + Years * 365
}

function hasNoLock(error: LadingError): boolean {
  return codeOf(error) === 'ObjectLockConfigurationNotFoundError'
}

/** Who asks may not know, or the server has no such question. */
function saysNothing(error: LadingError): boolean {
  const { code, status = 0 } = error
  return code === 'denied' || [405, 501].includes(status) || (status === 400 && code !== 'unauthorized')
}
