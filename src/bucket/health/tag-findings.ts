import type { CheckName, DoctorCheck, Finding } from './doctor-report.ts'
import type { TagSurvey } from './survey-tags.ts'
import type { Found } from './walk-tag-folders.ts'

/** What the survey of the tags says to each check. */
export function tagFindings(survey: TagSurvey): { readonly tags: Finding; readonly checks: readonly DoctorCheck[] } {
  const { checked, incomplete, folders, chunked, foreign, unreadable, unrecorded, lost } = survey
  const { leftOver, nameless } = folders
  const counts = { checked, incomplete }
  const whole: Finding = { state: 'ok', message: `${tags(checked)}, and all that they name is there`, counts }
  const broken: Finding = {
    state: 'failed',
    message: `${incomplete} of ${tags(checked)} cannot be pulled whole`,
    hint: '`lading repair BUCKET --from SOURCE` fetches what is missing from wherever the images still are',
    counts,
  }
  const checks: DoctorCheck[] = [
    ...noteOf('tags', foreign, `${tags(foreign.count)} name layers that are kept elsewhere (foreign layers)`),
    ...noteOf('layout', nameless, `${roots(nameless.count)} under a name that can be no tag`),
    ...noteOf('layout', leftOver, `${leftOver.count} folders hold a history or a marker, and no tag`),
    ...noteOf('layout', folders.foreign, `${folders.foreign.count} keys below manifests/ belong to no tag`),
    ...noteOf('history', unreadable, `the history of ${tags(unreadable.count)} cannot be read whole`),
    ...noteOf('history', unrecorded, `${tags(unrecorded.count)} hold a root that their history does not know`),
    ...noteOf(
      'history',
      { count: lost, names: [] },
      `${lost} kept entries of histories are of images that are not whole any more: nothing can be rolled back to them`,
    ),
    ...noteOf(
      'signatures',
      folders.signed,
      `signatures of s3lo: ${tags(folders.signed.count)}; they are kept with their tags`,
    ),
    ...noteOf(
      'chunks',
      chunked,
      `${tags(chunked.count)} have layers that are held as chunks by s3lo 2; lading cannot read them`,
      'warning',
    ),
  ]
  const none: Finding = { state: 'note', message: 'there is no tag', counts }
  return { tags: checked === 0 ? none : incomplete === 0 ? whole : broken, checks }
}

function noteOf(
  name: CheckName,
  { count, names }: Found,
  message: string,
  state: Finding['state'] = 'note',
): DoctorCheck[] {
  return count === 0 ? [] : [{ name, state, message, counts: { count }, names }]
}

function tags(count: number): string {
  return `${count} tag${count === 1 ? '' : 's'}`
}

function roots(count: number): string {
  return `${count} manifest${count === 1 ? ' stands' : 's stand'}`
}
