import type { ImageSettings } from '../../layout/index.ts'

/** A tag and when it was pushed. */
export interface AgedTag {
  readonly tag: string
  readonly pushedAt: Date
  /** When its object was written: the history tells whole seconds. */
  readonly writtenAt: Date
}

/** What nothing else tells apart is in the order of its name, v2 before v1: a plan and what is done after it must agree. */
function newestFirst(a: AgedTag, b: AgedTag): number {
  return (
    b.pushedAt.getTime() - a.pushedAt.getTime() ||
    b.writtenAt.getTime() - a.writtenAt.getTime() ||
    (a.tag < b.tag ? 1 : -1)
  )
}

export interface ExpiredTag extends AgedTag {
  /** Which rule lets it go, in words. */
  readonly reason: string
}

/** Whether an image's settings let any tag of it go. */
export function hasLifecycle({ immutable, keepLast, maxAgeSeconds }: ImageSettings): boolean {
  return !immutable && (keepLast !== undefined || maxAgeSeconds !== undefined)
}

/**
 * Which tags of an image its lifecycle lets go. `keep_tags` never go and do not count; of the others the newest `keep_last` stay
 * whatever their age; beyond them a tag goes when it is older than `max_age`, or always where no age is set.
 */
export function expiredTags(tags: readonly AgedTag[], settings: ImageSettings, now: Date): ExpiredTag[] {
  if (!hasLifecycle(settings)) return []
  const { keepLast = 0, maxAgeSeconds, maxAge } = settings
  const others = tags.filter(({ tag }) => !settings.isKept(tag)).sort(newestFirst)
  return others.slice(keepLast).flatMap(aged => {
    const old = maxAgeSeconds !== undefined && now.getTime() - aged.pushedAt.getTime() > maxAgeSeconds * 1000
    if (maxAgeSeconds !== undefined && !old) return []
    const beyond = keepLast === 0 ? [] : [`not among the newest ${keepLast}`]
    return [{ ...aged, reason: [...(old ? [`older than ${maxAge}`] : []), ...beyond].join(', ') }]
  })
}
