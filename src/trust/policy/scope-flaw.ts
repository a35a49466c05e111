import path from 'node:path'
import { isDigest } from '../../model/digest.ts'

/** Transports whose scopes are absolute paths. */
const pathTransports: readonly string[] = ['dir', 'oci', 'oci-archive', 'sif']
/** Those of which nothing but the whole can be named. */
const scopeless: readonly string[] = ['docker-archive', 'tarball']
const cloudTransports: readonly string[] = ['s3', 'gs', 'az']
const imageId = /^[a-f0-9]{64}$/

/**
 * Why no image of the transport can have this scope, or `undefined` where one can: a scope that is misspelt would else be passed over, and
 * something wider would decide. What the containers tools refuse is refused, and of transports that are not known nothing, as there.
 */
export function scopeFlaw(transport: string, scope: string): string | undefined {
  if (scope === '') return undefined
  if (scopeless.includes(transport)) return `${transport} has no scope but ""`
  if (pathTransports.includes(transport)) return flawOfPath(scope)
  if (cloudTransports.includes(transport)) return flawOfBucket(scope)
  if (transport === 'local') return flawOfPath(scope.replace('//', '/'))
  if (transport === 'docker-daemon' && isDigest(scope)) return 'the ID of an image is no scope'
  if (transport === 'containers-storage') return flawOfStorage(scope)
  if (transport === 'atomic' && !/^[^/]*(?:\/[^:/]*(?:\/[^:/]*(?::[^:/]*)?)?)?$/.test(scope))
    return 'it is not HOST[/NAMESPACE[/STREAM[:TAG]]]'
  return undefined
}

function flawOfPath(scope: string): string | undefined {
  if (!path.isAbsolute(scope)) return 'it is not an absolute path'
  if (path.dirname(scope) === scope) return 'the whole transport is ""'
  return path.join(scope) === scope && !/[\\/]$/.test(scope)
    ? undefined
    : `write ${path.join(scope).replace(/[\\/]$/, '')}`
}

function flawOfBucket(scope: string): string | undefined {
  if (scope.includes('://')) return 'it begins with the name of the bucket'
  return scope.replace('//', '/').split('/').includes('') ? 'a part of it is empty' : undefined
}

/** `[DRIVER@GRAPHROOT]NAME`, or `[GRAPHROOT]`. */
function flawOfStorage(scope: string): string | undefined {
  const [, store = '', image = ''] = /^\[([^\]]+)\](.*)$/s.exec(scope) ?? []
  if (store === '') return 'it does not begin with [DRIVER@GRAPHROOT]'
  const at = store.indexOf('@')
  if (at === 0) return 'the driver is empty'
  if (!path.isAbsolute(store.slice(at + 1))) return 'the directory of the storage is not an absolute path'
  const [, first, ...others] = image.split('@')
  if (first === undefined) return undefined
  const id = others.length === 0 ? undefined : others.join('@')
  if (id === undefined)
    return imageId.test(first) || isDigest(first) ? undefined : `${first} is neither a digest nor an ID`
  return isDigest(first) && imageId.test(id) ? undefined : `${first}@${id} is not a digest and an ID`
}
