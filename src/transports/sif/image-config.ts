import { type Digest, digestParts } from '../../model/digest.ts'
import type { SifFile } from './read-sif.ts'

/** The config that containers/image gives an image from a SIF file: OCI image specification, config.md. */
export function imageConfig(
  { architecture, id, modified }: Pick<SifFile, 'architecture' | 'id' | 'modified'>,
  command: string,
  diffId: Digest,
): Uint8Array {
  const created = formatTime(modified)
  return new TextEncoder().encode(
    JSON.stringify({
      created,
      architecture,
      os: 'linux',
      config: { Cmd: [command] },
      rootfs: { type: 'layers', diff_ids: [diffId] },
      history: [
        {
          created,
          created_by: `/bin/sh -c #(nop) ADD file:${digestParts(diffId).hex} in /`,
          comment: `imported from SIF, uuid: ${id}`,
        },
        { created, created_by: `/bin/sh -c #(nop) CMD [${JSON.stringify(command)}]`, empty_layer: true },
      ],
    }),
  )
}

/** RFC 3339, in whole seconds; the first one where the file names none that can be written. */
function formatTime(seconds: number): string {
  const latest = 253_402_300_799
  const date = new Date(seconds >= 0 && seconds <= latest ? seconds * 1000 : 0)
  return date.toISOString().replace('.000Z', 'Z')
}
