import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { close, listen } from '../../src/testing/listen.ts'
import { servicePath } from './peer.ts'
import { type ServerProcess, startProcess } from './start-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface CephOptions {
  /** `memory` takes as much of it as is stored; `disk` keeps objects in one sparse file. */
  readonly keep?: 'memory' | 'disk'
  /** Beside STANDARD; an object of any other class is refused with 400. */
  readonly storageClasses?: readonly string[]
}

export interface CephServer extends AsyncDisposable {
  /** The origin of its S3 API. The region is us-east-1. */
  readonly url: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  stop(): Promise<void>
}

const accessKeyId = 'testkey'
const secretAccessKey = 'testsecret'
const storeBytes = 16 * 1024 ** 3
const startMilliseconds = 20_000

/**
 * Starts a Ceph cluster of one monitor, one object store and one gateway, empty, with one user.
 *
 * What it does otherwise than AWS: If-Match matches an unquoted ETag only, a lost race may be a 500, Complete answers an empty ETag
 * and ignores conditions, as does DeleteObject.
 */
export async function startCeph({
  keep = 'memory',
  storageClasses = ['INTELLIGENT_TIERING'],
}: CephOptions = {}): Promise<CephServer> {
  const folder = await mkdtemp(path.join(temporaryFolder(), 'ceph-'))
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  const [monitor, gateway] = await freePorts()
  const config = path.join(folder, 'ceph.conf')
  const fsid = randomUUID()
  await writeFile(config, configuration({ folder, fsid, monitor, gateway, keep }))
  for (const name of ['mon', 'osd', 'rgw']) await mkdir(path.join(folder, name))

  const run = (program: CephProgram, ...args: string[]) => runProgram(program, ['-c', config, ...args])
  const daemon = async (program: CephProgram, ready: RegExp, ...args: string[]): Promise<ServerProcess> =>
    cleanup.use(await startProcess(servicePath(program), ['-c', config, ...args, '-d'], ready))

  const monitors = path.join(folder, 'monmap')
  const devices = path.join(folder, 'osdmap')
  await run('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', `[v2:127.0.0.1:${monitor}]`, monitors)
  // The map names the one device, as `ceph osd new` would have the monitor do.
  await run('osdmaptool', '--createsimple', '1', devices)
  await run('ceph-mon', '-i', 'a', '--mkfs', '--monmap', monitors, '--osdmap', devices)
  await daemon('ceph-mon', /mon\.a@0\(leader\)/, '-i', 'a')
  await run('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', randomUUID())
  await daemon('ceph-osd', /booting -> active/, '-i', '0')
  const user = ['--uid', 'test', '--display-name', 'test', '--access-key', accessKeyId, '--secret', secretAccessKey]
  await run('radosgw-admin', 'user', 'create', ...user)
  for (const name of storageClasses) await addStorageClass(run, name)
  await daemon('radosgw', /starting handler: beast/, '-n', 'client.rgw')
  const url = `http://127.0.0.1:${gateway}`
  await answering(url)

  const owned = cleanup.move()
  const stop = () => owned.disposeAsync()
  return { url, accessKeyId, secretAccessKey, stop, [Symbol.asyncDispose]: stop }
}

type CephProgram = 'ceph-mon' | 'ceph-osd' | 'monmaptool' | 'osdmaptool' | 'radosgw' | 'radosgw-admin'

async function runProgram(program: CephProgram, args: readonly string[]): Promise<void> {
  await promisify(execFile)(servicePath(program), [...args])
}

async function addStorageClass(run: (program: CephProgram, ...args: string[]) => Promise<void>, name: string) {
  const place = ['--placement-id', 'default-placement', '--storage-class', name]
  await run('radosgw-admin', 'zonegroup', 'placement', 'add', '--rgw-zonegroup', 'default', ...place)
  const pool = ['--data-pool', 'default.rgw.buckets.data']
  await run('radosgw-admin', 'zone', 'placement', 'add', '--rgw-zone', 'default', ...place, ...pool)
}

interface Cluster {
  readonly folder: string
  readonly fsid: string
  readonly monitor: number
  readonly gateway: number
  readonly keep: 'memory' | 'disk'
}

function configuration({ folder, fsid, monitor, gateway, keep }: Cluster): string {
  const libraries = path.join(path.dirname(servicePath('radosgw')), '../lib')
  const loaded = `
osd class dir = ${libraries}/rados-classes
plugin dir = ${libraries}/ceph
erasure code dir = ${libraries}/ceph/erasure-code`
  // radosgw alone speaks in "secure" mode with the monitor, which exists with authentication only; the others fall back to crc.
  // Without the short interval each change of a map waits a second; without tcp_nodelay every second answer waits 40 ms.
  return `[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${monitor}]
public addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
keyring = /dev/null
mon data = ${folder}/mon
osd data = ${folder}/osd
rgw data = ${folder}/rgw
run dir = ${folder}
log file =
mon cluster log file =
admin socket =
paxos propose interval = 0.02
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = -1
mon data avail warn = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = ${keep === 'memory' ? 'memstore' : 'bluestore'}
memstore device bytes = ${storeBytes}
bluestore block size = ${storeBytes}
bluestore block create = true
bluestore fsck on mount = false
bluestore fsck on mkfs = false
osd memory target = 1073741824${existsSync(`${libraries}/rados-classes`) ? loaded : ''}
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${gateway} tcp_nodelay=1
rgw dns name = localhost
rgw crypt require ssl = false
rgw gc obj min wait = 2
rgw gc processor period = 2
rgw gc processor max time = 2
rgw thread pool size = 32
rgw enable usage log = false
rgw override bucket index max shards = 1
`
}

/** None of the daemons can choose a port and tell it. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const
  const [first, second] = await Promise.all([listen(servers[0]), listen(servers[1])])
  await Promise.all(servers.map(close))
  const portOf = (host: string) => Number(host.slice(host.indexOf(':') + 1))
  return [portOf(first), portOf(second)]
}

async function answering(url: string): Promise<void> {
  for (const latest = Date.now() + startMilliseconds; ; await sleep(20)) {
    const answer = await fetch(url).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return
    if (Date.now() > latest) throw new Error(`radosgw does not answer at ${url}`)
  }
}
