import path from 'node:path'
import type { Digest } from '../../../src/model/digest.ts'
import type { Peer } from '../../services/peer.ts'
import { newFolder } from '../lading.ts'
import type { Case } from './case.ts'
import { type Difference, differences } from './differences.ts'
import { openDoor } from './own-door.ts'
import { newPlace, type Place, type PlaceKind } from './place.ts'
import { readStored, type Stored } from './read-stored.ts'
import { type Ending, runLading } from './run-lading.ts'
import { type CaseImage, derivedImages, realImages, writeSmallImage } from './small-images.ts'
import { viewImage } from './view-image.ts'

interface Source {
  readonly place: Place
  /** Digests of the blobs that it has. */
  readonly known: ReadonlySet<string>
}

/** Runs both programs on a case and says what differs. */
export type RunBoth = (one: Case) => Promise<readonly Difference[]>

/** @param host of a registry that both write to */
export function bothPrograms(skopeo: Peer, host: string): RunBoth {
  const sources = new Map<string, Promise<Source>>()

  function source(image: CaseImage, kind: PlaceKind): Promise<Source> {
    const key = `${image} ${kind}`
    const found = sources.get(key) ?? makeSource(image, kind)
    sources.set(key, found)
    return found
  }

  async function makeFolder(image: CaseImage): Promise<string> {
    const folder = path.join(await newFolder(), 'image')
    if (isKeyOf(realImages, image)) {
      await skopeo.run(['copy', '--all', '--preserve-digests', realImages[image], `dir:${folder}`])
    } else if (isKeyOf(derivedImages, image)) {
      const [base, ...words] = derivedImages[image]
      await skopeo.run(['copy', ...words, `dir:${await writeSmallImage(base)}`, `dir:${folder}`])
    } else {
      return writeSmallImage(image)
    }
    return folder
  }

  async function makeSource(image: CaseImage, kind: PlaceKind): Promise<Source> {
    const folder = await makeFolder(image)
    const place = await newPlace(kind, host)
    const preserve = kind === 'docker-archive' ? [] : ['--all', '--preserve-digests']
    await skopeo.run([
      'copy',
      ...preserve,
      ...insecure('dest', place),
      ...(kind === 'oci' || kind === 'oci-archive' ? ['--dest-oci-accept-uncompressed-layers'] : []),
      `dir:${folder}`,
      place.name,
    ])
    return { place, known: await layerDigests(await readStored[kind](place)) }
  }

  async function copy(
    program: (words: readonly string[]) => Promise<Ending>,
    from: Place,
    one: Case,
  ): Promise<{ ending: Ending; to: Place } & AsyncDisposable> {
    const stack = new AsyncDisposableStack()
    const to = await newPlace(one.to, one.to === 'docker' ? stack.use(await openDoor(host)).host : host)
    const words = [...insecure('src', from), ...insecure('dest', to), ...one.options]
    const ending = await program(['--insecure-policy', 'copy', ...words, from.name, to.name])
    return { ending, to, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  }

  return async one => {
    const { place, known } = await source(one.image, one.from)
    await using our = await copy(runLading, place, one)
    await using their = await copy(words => skopeo.attempt(words), place, one)
    if (our.ending.code !== 0 || their.ending.code !== 0) {
      if (our.ending.code !== 0 && their.ending.code !== 0) return []
      return [{ at: 'success', ours: outcome(our.ending), theirs: outcome(their.ending) }]
    }
    const [ours, theirs] = await Promise.all([
      viewImage(await readStored[one.to](our.to), known),
      viewImage(await readStored[one.to](their.to), known),
    ])
    const found = differences(withoutFolder(ours.value, our.to), withoutFolder(theirs.value, their.to))
    const isSameBytes = ours.made || theirs.made || ours.digest === theirs.digest
    return isSameBytes ? found : [{ at: 'digest', ours: ours.digest, theirs: theirs.digest }, ...found]
  }
}

function insecure(side: 'src' | 'dest', { kind }: Place): string[] {
  return kind === 'docker' ? [`--${side}-tls-verify=false`] : []
}

function outcome({ code, stderr }: Ending): string {
  return code === 0 ? 'done' : stderr.trim()
}

/** Schema 1 names the repository, which is another for each run. */
function withoutFolder(value: unknown, { repository }: Place): unknown {
  const name = repository.slice(repository.lastIndexOf('/') + 1)
  return JSON.parse(JSON.stringify(value).replaceAll(name, '<repository>'))
}

async function layerDigests(stored: Stored): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  const visit = async (bytes: Uint8Array): Promise<void> => {
    const { layers = [], fsLayers = [], manifests = [] } = JSON.parse(Buffer.from(bytes).toString())
    for (const { digest } of layers) known.add(digest)
    for (const { blobSum } of fsLayers) known.add(blobSum)
    await Promise.all(manifests.map(async ({ digest }: { digest: Digest }) => visit(await stored.manifest(digest))))
  }
  await visit(stored.root.bytes)
  return known
}

function isKeyOf<T extends object>(table: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(table, key)
}
