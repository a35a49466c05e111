import { isLadingError } from '../../errors/index.ts'
import type { ImageSource, TransportContext } from '../transport.ts'
import { failedPlaces, type PlaceFailure } from './failed-places.ts'
import { mirroredSource } from './mirrored-source.ts'
import { openPlace } from './open-place.ts'
import { formatRegistryReference, type RegistryReference } from './reference.ts'
import { loadRegistriesConf } from './registries-conf/load-conf.ts'
import { meaningsOf } from './registries-conf/meanings.ts'
import { type Place, placesToRead } from './registries-conf/places-to-read.ts'
import type { RegistriesConf } from './registries-conf/registries-conf.ts'
import { registrySignatures } from './signatures/registry-signatures.ts'
import { registrySource } from './source.ts'

/**
 * Opens an image of a registry for reading, where registries.conf says that it is. Nothing is asked of a registry before it is needed,
 * but for a short name that is searched in several.
 *
 * @throws LadingError `bad-config`, `blocked`, `bad-reference`; of a search what the last registry says
 */
export async function openRegistrySource(
  reference: RegistryReference,
  context: TransportContext,
): Promise<ImageSource> {
  const conf = await loadRegistriesConf(context)
  const meanings = meaningsOf(conf, reference)
  const [only, ...others] = meanings
  if (only !== undefined && others.length === 0) return openMeaning(only, conf, context)
  return searchMeanings(meanings, conf, context)
}

async function openMeaning(
  reference: RegistryReference,
  conf: RegistriesConf,
  context: TransportContext,
): Promise<ImageSource> {
  const { mirrors, location } = placesToRead(conf, reference)
  const name = formatRegistryReference(reference)
  const open = async (place: Place, attempts?: number) => {
    const client = await openPlace(place, reference, context)
    const signatures = registrySignatures(place.reference, client, 'pull', context)
    return registrySource(place.reference, client, { name, reference, attempts, signatures })
  }
  if (mirrors.length === 0) return open(location)
  return mirroredSource({
    name,
    reference,
    // A mirror is asked once: where it does not answer, another place does.
    mirrors: mirrors.map(place => ({ reference: place.reference, open: () => open(place, 1) })),
    location: { reference: location.reference, open: () => open(location) },
    warn: context.warn,
  })
}

async function searchMeanings(
  meanings: readonly RegistryReference[],
  conf: RegistriesConf,
  context: TransportContext,
): Promise<ImageSource> {
  const failures: PlaceFailure[] = []
  for (const reference of meanings) {
    try {
      const source = await openMeaning(reference, conf, context)
      await source.resolve(context.signal)
      return source
    } catch (error) {
      if (!isLadingError(error) || context.signal?.aborted) throw error
      failures.push({ reference, error })
    }
  }
  throw failedPlaces(failures, 'was searched too')
}
