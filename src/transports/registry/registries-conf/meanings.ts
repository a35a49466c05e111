import { LadingError } from '../../../errors/index.ts'
import { formatRegistryReference, parseRegistryReference, type RegistryReference } from '../reference.ts'
import type { RegistriesConf } from './registries-conf.ts'

/**
 * The images that a reference may mean, in the order in which they are looked for: more than one only of a short name.
 *
 * An alias counts first, then the registries that unqualified names are searched in, as with podman. Where no file names any, a short
 * name is one of Docker Hub.
 *
 * @throws LadingError `bad-reference` where the files leave none, or want it said which
 */
export function meaningsOf(conf: RegistriesConf, reference: RegistryReference): readonly RegistryReference[] {
  const { shortName, ...whole } = reference
  if (shortName === undefined) return [reference]
  const rest = formatRegistryReference(whole).slice(`${whole.registry}/${whole.repository}`.length)
  const alias = conf.aliases.get(shortName)
  if (alias !== undefined) return [parseRegistryReference(alias + rest)]
  if (conf.unqualifiedSearch === undefined) return [whole]
  const found = conf.unqualifiedSearch.map(host => parseRegistryReference(`${host}/${shortName}${rest}`))
  if (found.length === 0) throw unclear(shortName, 'unqualified-search-registries is empty', 'docker.io/…')
  if (conf.shortNameMode === 'enforcing' && found.length > 1) {
    const names = found.map(formatRegistryReference).join(', ')
    throw unclear(shortName, 'short-name-mode is "enforcing" and there are several registries to search', names)
  }
  return found
}

function unclear(shortName: string, why: string, names: string): LadingError {
  return new LadingError(
    'bad-reference',
    `${JSON.stringify(shortName)} names no registry, and in registries.conf ${why}`,
    {
      hint: `write it out (${names}), or make an alias of it in registries.conf`,
    },
  )
}
