import type { CopyResult } from '../../../copy/copy-options.ts'
import type { CopyEvent } from '../../../copy/events.ts'
import type { Digest } from '../../../model/digest.ts'
import { isIndexType } from '../../../model/media-types.ts'
import type { CommandContext } from '../../context.ts'
import { printable } from '../../printable.ts'
import { eventText } from '../../progress/event-text.ts'
import { logLine } from '../log-line.ts'

/** The lines that skopeo writes on stdout while an image is copied. Its warnings go to stderr. */
export function openCopyOutput({ stdout, stderr }: Pick<CommandContext, 'stdout' | 'stderr'>) {
  const told = new Set<Digest>()
  /** Configs are small and done early; in skopeo's output they come after the layers. */
  const configs: Digest[] = []
  let begun = false
  const write = (line: string) => void stdout.write(`${printable(line)}\n`)
  const begin = () => {
    if (!begun) write('Getting image source signatures')
    begun = true
  }
  return {
    onEvent(event: CopyEvent): void {
      if (event.type === 'warning' || event.type === 'retried') {
        stderr.write(logLine({ level: 'warning', message: eventText(event)?.replace(/^warning: /, '') ?? '' }, stderr))
        return
      }
      if (event.type === 'planned') begin()
      if (!('kind' in event)) return
      const digest = 'from' in event ? (event.from ?? event.digest) : event.digest
      if (digest === undefined || told.has(digest)) return
      told.add(digest)
      begin()
      if (event.kind === 'layer') write(`Copying blob ${digest}`)
      else if (event.kind === 'config') configs.push(digest)
    },
    /** After the copy. An image that is there already has given no event of its own. */
    end(result: Pick<CopyResult, 'mediaType'> | undefined): void {
      begin()
      for (const digest of configs) write(`Copying config ${digest}`)
      const isList = result !== undefined && isIndexType(result.mediaType)
      write(isList ? 'Writing manifest list to image destination' : 'Writing manifest to image destination')
      if (isList) write('Storing list signatures')
    },
  }
}
