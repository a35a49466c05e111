import { LadingError } from '../../errors/index.ts'
import { limits } from '../../model/limits.ts'
import type { TarHeader } from './tar-header.ts'

/** What an archive holds is kept in memory: so many entries, and so many characters of names. */
const maxEntries = limits.tarEntries
const maxNameLength = limits.tarNameCharacters

/**
 * Counts the entries of an archive.
 *
 * @throws LadingError `too-large`, from what it returns, where there are more than anybody needs
 */
export function createEntryLimit(): (header: TarHeader) => void {
  let entries = 0
  let nameLength = 0
  return ({ name, linkName = '' }) => {
    entries += 1
    nameLength += name.length + linkName.length
    if (entries <= maxEntries && nameLength <= maxNameLength) return
    throw new LadingError('too-large', `the archive has more than ${maxEntries} entries, or too long names`)
  }
}
