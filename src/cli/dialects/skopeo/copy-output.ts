import type { CopyEvent } from '../../../copy/events.ts'
import type { Digest } from '../../../model/digest.ts'
import type { CommandContext } from '../../context.ts'
import { printable } from '../../printable.ts'
import { eventText } from '../../progress/event-text.ts'
import { logLine } from '../log-line.ts'

/** The lines that skopeo writes on stdout while an image is copied. Its warnings go to stderr. */
export function openCopyOutput({ stdout, stderr }: Pick<CommandContext, 'stdout' | 'stderr'>, isList: boolean) {
  const told = new Set<Digest | undefined>()
  let begun = false
  const write = (line: string) => void stdout.write(`${printable(line)}\n`)
  const begin = () => {
    if (!begun) write(isList ? 'Getting image list signatures' : 'Getting image source signatures')
    begun = true
  }
  return {
    onEvent(event: CopyEvent): void {
      switch (event.type) {
        case 'planned':
          begin()
          return
        case 'started':
        case 'copied':
        case 'mounted':
        case 'skipped': {
          const digest = 'from' in event ? (event.from ?? event.digest) : event.digest
          if (digest === undefined || told.has(digest)) return
          told.add(digest)
          begin()
          if (event.kind === 'layer') write(`Copying blob ${digest}`)
          else if (event.kind === 'config') write(`Copying config ${digest}`)
          else if (event.kind === 'manifest' && isList) write(`Copying image ${digest}`)
          return
        }
        case 'warning':
        case 'retried':
          stderr.write(logLine({ level: 'warning', message: eventText(event) ?? '' }, stderr))
          return
        default:
      }
    },
    /** After the copy. An image that is there already gives no event of its own. */
    end(): void {
      begin()
      write(isList ? 'Writing manifest list to image destination' : 'Writing manifest to image destination')
      if (isList) write('Storing list signatures')
    },
  }
}
