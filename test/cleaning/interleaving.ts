import { cleanStore } from '../../src/bucket/clean/clean-store.ts'
import {
  blobKey,
  deleteTag,
  type LeaseClock,
  parseBucketConfig,
  readHistory,
  readTag,
  tagKeys,
} from '../../src/layout/index.ts'
import type { Node } from '../../src/model/descriptor.ts'
import { type Digest, digestOf } from '../../src/model/digest.ts'
import { imageManifest } from '../../src/model/image-manifest.ts'
import { childrenOf, parseManifest } from '../../src/model/manifest.ts'
import { ociConfig, ociLayer, ociManifest } from '../../src/model/media-types.ts'
import type { ObjectStore } from '../../src/stores/index.ts'
import { bytesOf } from '../../src/streams/index.ts'
import { bucketDestination } from '../../src/transports/bucket/destination.ts'
import { type Random, seededRandom } from './random.ts'
import { SteppedWorld } from './stepped-world.ts'

/** The parts of the protocol, each of which may be left out to see that it is missed. */
export const plantedBugs = [
  'no lease',
  'leases read before condemning only',
  'no recheck',
  'no lifting',
  'no condition',
  'no look again',
] as const
export type PlantedBug = (typeof plantedBugs)[number]

interface Picture {
  readonly root: Node
  readonly rootBytes: Uint8Array
  readonly children: readonly { readonly node: Node; readonly bytes: Uint8Array }[]
}

const encode = (text: string) => new TextEncoder().encode(text)

/** Images of two layers out of three and a config out of two: so that they share. */
const images: readonly Picture[] = [0, 1, 2, 3, 4, 5].map(at => {
  const [first, second] = [`layer ${at % 4}`, `layer ${(at + 1) % 4}`].map(text => encode(text))
  const config = encode(`config ${at % 2}`)
  const blob = (kind: Node['kind'], mediaType: string, bytes: Uint8Array) => ({
    node: { kind, mediaType, digest: digestOf(bytes), size: bytes.byteLength },
    bytes,
  })
  if (first === undefined || second === undefined) throw new Error('unreachable')
  const children = [blob('config', ociConfig, config), blob('layer', ociLayer, first), blob('layer', ociLayer, second)]
  const [{ node }, ...layers] = children as [(typeof children)[0], ...typeof children]
  const rootBytes = imageManifest(
    node,
    layers.map(layer => layer.node),
  )
  return { root: blob('manifest', ociManifest, rootBytes).node, rootBytes, children }
})

const tags = ['a', 'b']
/** Longer than a lease lives. */
const sleepMs = 2 * 3_600_000

/**
 * Lets pushes, deletions and cleans run into one store, each request at a moment of its own.
 *
 * @throws Error where a tag was visible without everything that it needs, or where in the end something is left that nothing needs
 */
export async function interleave(seed: number, bug?: PlantedBug): Promise<{ readonly requests: number }> {
  const random = seededRandom(seed)
  const world = new SteppedWorld(random)
  let broken: string | undefined
  let checking = Promise.resolve()
  world.onChange = () => {
    checking = checking.then(async () => {
      broken ??= await incompleteTag(world.base)
    })
  }
  const actors = 6 + random.below(10)
  let started = 0
  const failed = () => new Error(`seed ${seed}: ${broken}\n${world.log.slice(-400).join('\n')}`)
  while (started < actors || world.alive.length > 0) {
    if (started < actors && (world.alive.length === 0 || (world.alive.length < 4 && random.chance(0.05)))) {
      startActor(world, random, `${started}`, bug)
      started += 1
    }
    if (random.chance(0.004) && world.alive.length > 0) world.kill(random.pick(world.alive))
    await world.advance()
    await checking
    if (broken !== undefined) throw failed()
  }
  if (bug === undefined) {
    broken = await cleanToTheEnd(world)
    if (broken !== undefined) throw failed()
  }
  return { requests: world.log.length }
}

function startActor(world: SteppedWorld, random: Random, name: string, bug: PlantedBug | undefined): void {
  const kind = random.pick(['push', 'push', 'push', 'delete', 'clean', 'clean'] as const)
  const actor = `${kind} ${name}`
  const store = world.store(actor)
  if (kind === 'push') startPush(world, random, name, bug)
  else if (kind === 'delete') {
    const tag = random.pick(tags)
    world.start(actor, async () =>
      deleteTag(store, { image: 'app', tag, immutable: false, keepTrash: true, now: () => new Date(world.now) }),
    )
  } else {
    // A part that is left out is missed the sooner the less time stands in for it.
    const [graceMs, keepTrashMs] =
      bug === undefined
        ? [random.pick([0, 3_600_000]), random.pick([0, 3_600_000, 3_600_000, 24 * 3_600_000])]
        : [0, random.pick([0, 0, 3_600_000])]
    // What is most delicate is a push that arrives while blobs are being deleted.
    const arrive = () => startPush(world, random, `${name}'`, bug)
    world.start(actor, () => clean(world, actor, graceMs, keepTrashMs, bug, random.chance(0.7) ? arrive : undefined))
  }
}

function startPush(world: SteppedWorld, random: Random, name: string, bug: PlantedBug | undefined): void {
  const actor = `push ${name}`
  const store = bug === undefined ? world.store(actor) : flawed(world.store(actor), bug)
  const [image, tag] = [random.pick(images), random.pick(tags)]
  const slow = random.chance(0.5) || bug === 'no look again'
  world.start(actor, () => push(world, actor, store, image, tag, slow, random, bug))
}

/** What `copyImage` asks of a bucket, and as slowly as it may be. */
async function push(
  world: SteppedWorld,
  actor: string,
  store: ObjectStore,
  image: Picture,
  tag: string,
  slow: boolean,
  random: Random,
  bug: PlantedBug | undefined,
): Promise<void> {
  const awake = world.clock(actor)
  const unnoticed = bug === 'no look again'
  const clock = slow && (unnoticed || random.chance(0.3)) ? sleepingClock(awake, unnoticed) : awake
  await using destination = bucketDestination(store, { name: actor, image: 'app', tag }, clock)
  destination.begin?.()
  const missing = await Promise.all(
    image.children.map(async child => ((await destination.has(child.node)) ? [] : [child])),
  )
  for (const { node, bytes } of missing.flat()) {
    if (slow) await awake.wait(random.pick([1_000, 600_000, 3 * 3_600_000]))
    await destination.push(node, bytesOf(bytes))
  }
  if (slow) await awake.wait(random.pick([1_000, 600_000, 3 * 3_600_000]))
  await destination.commit(image.root, image.rootBytes, { force: false, imageBytes: 1 })
}

async function clean(
  world: SteppedWorld,
  actor: string,
  graceMs: number,
  keepTrashMs: number,
  bug: PlantedBug | undefined,
  onDelete?: () => void,
): Promise<void> {
  let phase = 'tags'
  const store = world.store(actor)
  const flawedList: ObjectStore['list'] = (prefix, options) => {
    const blind =
      (bug === 'no lease' && prefix === 'lading/leases/') ||
      (bug === 'leases read before condemning only' && prefix === 'lading/leases/' && phase !== 'tags') ||
      (bug === 'no recheck' && prefix.startsWith('manifests/') && phase === 'recheck')
    return blind ? nothing() : store.list(prefix, options)
  }
  await cleanStore(bug === undefined ? store : { ...store, list: flawedList }, {
    path: '',
    config: await parseBucketConfig(encode('default: { keep_history: 1, lifecycle: { keep_last: 1 } }'), 's3lo.yaml'),
    tags: true,
    blobs: true,
    apply: true,
    graceMs,
    keepTrashMs,
    clock: world.clock(actor),
    onPhase: now => {
      phase = now
      if (now === 'delete') onDelete?.()
    },
  })
}

/** A push that does not see what is condemned, or lifts it without a look at who else does something with it. */
function flawed(store: ObjectStore, bug: PlantedBug): ObjectStore {
  return {
    ...store,
    list: (prefix, options) =>
      bug === 'no lifting' && prefix === 'lading/trash/blobs/' ? nothing() : store.list(prefix, options),
    put: (key, body, { ifMatch, ...options } = {}) =>
      store.put(key, body, bug === 'no condition' || ifMatch === undefined ? options : { ...options, ifMatch }),
  }
}

async function* nothing(): AsyncGenerator<never, void, undefined> {
  // a listing that finds nothing
}

/** Something that a tag needs and that is not there. */
async function incompleteTag(store: ObjectStore): Promise<string | undefined> {
  for (const tag of tags) {
    const record = await readTag(store, 'app', tag)
    if (record === undefined) continue
    for (const { digest, size } of childrenOf(parseManifest(record.bytes))) {
      if ((await store.head(blobKey(digest)))?.size !== size) return `${tag} needs ${digest}, which is not there`
    }
  }
  return undefined
}

/** When all is over, what nothing needs goes, and with it every trace of what was going on. */
async function cleanToTheEnd(world: SteppedWorld): Promise<string | undefined> {
  for (let round = 0; round < 2; round++) {
    world.now += 30 * 24 * 3_600_000
    world.start(`last clean ${round}`, () => clean(world, `last clean ${round}`, 0, 0, undefined))
    while (await world.advance()) {
      // alone
    }
  }
  const needed = new Set<string>()
  for (const tag of tags) {
    const record = await readTag(world.base, 'app', tag)
    if (record === undefined) continue
    needed.add(blobKey(record.digest))
    for (const { digest } of childrenOf(parseManifest(record.bytes))) needed.add(blobKey(digest))
  }
  for await (const entry of world.base.list('')) {
    if (entry.kind !== 'object') continue
    const { key } = entry.info
    if (key.startsWith('lading/')) return `${key} is left`
    if (key.startsWith('blobs/') && !needed.has(key) && !(await inHistory(world.base, key))) return `${key} is left`
  }
  return undefined
}

/** Below a root that a tag held last. */
async function inHistory(store: ObjectStore, key: string): Promise<boolean> {
  for (const tag of tags) {
    const [newest] = await readHistory(store, tagKeys('app', tag).history)
    const image = images.find(({ root }) => root.digest === newest?.digest)
    const digests: Digest[] =
      image === undefined ? [] : [image.root.digest, ...image.children.map(({ node }) => node.digest)]
    if (digests.some(digest => blobKey(digest) === key)) return true
  }
  return false
}

/** That of a machine which falls asleep whenever it waits for long, wakes up hours later and goes on, and may not notice. */
function sleepingClock(awake: LeaseClock, unnoticed: boolean): LeaseClock {
  return {
    stopwatch: unnoticed ? () => () => 0 : awake.stopwatch,
    wait: (ms, signal) => awake.wait(ms > 60_000 ? ms + sleepMs : ms, signal),
  }
}
