import type { Digest } from '../../../model/digest.ts'
import type { CompressedBytes, CompressedDocument } from './compressed-document.ts'
import { formatTocEntry, type TocEntry } from './toc-entry.ts'

/** The table of contents of a layer, written while the layer is. */
export interface ContentsTable {
  /** In the archive's order. Where their content lies MUST be known. */
  add(entries: readonly TocEntry[]): Promise<void>
  end(tarSplit: Digest): Promise<CompressedBytes>
}

export function createContentsTable(document: CompressedDocument): ContentsTable {
  let before = '{"version":1,"entries":['
  return {
    async add(entries) {
      for (const entry of entries) {
        for (const element of formatTocEntry(entry)) {
          await document.write(before + element)
          before = ','
        }
      }
    },
    async end(tarSplit) {
      await document.write(`${before === ',' ? '' : before}],"tarSplitDigest":${JSON.stringify(tarSplit)}}`)
      return await document.end()
    },
  }
}
