import type { ConfigReport, EntrySettings } from '../../bucket/index.ts'
import { keyOf, settingNames } from '../../layout/index.ts'
import { printable } from '../printable.ts'

type Line = readonly [key: string, value: string, source?: string]

/** The configuration for people. The names in it were written by others. */
export function configText(report: ConfigReport): string {
  const { bucket, image, settings, images = [], chunked } = report
  if (image !== undefined) {
    const lines = settingNames.flatMap((name): Line[] => {
      const setting = settings?.[name]
      if (setting === undefined) return []
      // an entry of the image's own name need not be named again
      const glob = setting.entry === undefined || setting.entry === image ? '' : ` ${setting.entry}`
      return [[`${keyOf(name)}:`, valueText(setting.value), `[${setting.source}${glob}]`]]
    })
    return `Image: ${printable(image)} (${printable(bucket)})\n\n${columns(lines, '  ')}`
  }
  const byDefault = linesOf(report.default ?? {})
  const sections = [
    ...(chunked === undefined ? [] : [`Whole bucket:\n${columns([['chunked:', String(chunked)]], '  ')}`]),
    ...(byDefault.length === 0 ? [] : [`Default:\n${columns(byDefault, '  ')}`]),
    ...(images.length === 0 ? [] : [`Images:\n${images.map(entryText).join('')}`]),
  ]
  return `Bucket: ${printable(bucket)}\n\n${sections.length === 0 ? 'Nothing is set.\n' : sections.join('\n')}`
}

function entryText({ name, ...settings }: { readonly name: string } & EntrySettings): string {
  return `  ${printable(name)}\n${columns(linesOf(settings), '    ')}`
}

function linesOf(settings: EntrySettings): Line[] {
  return settingNames.flatMap((name): Line[] => {
    const value = settings[name]
    return value === undefined ? [] : [[`${keyOf(name)}:`, valueText(value)]]
  })
}

function valueText(value: boolean | number | string | readonly string[]): string {
  return printable(typeof value === 'object' ? value.join(', ') : String(value))
}

/** The widths are those of all keys, so that every section is aligned with the others. */
function columns(lines: readonly Line[], indent: string): string {
  const keyWidth = Math.max(...settingNames.map(name => keyOf(name).length)) + 1
  const valueWidth = Math.max(...lines.map(([, value]) => value.length))
  const text = lines.map(([key, value, source]) => {
    const first = `${indent}${key}`.padEnd(keyWidth + 4)
    return source === undefined ? `${first} ${value}\n` : `${first} ${value.padEnd(valueWidth)}  ${printable(source)}\n`
  })
  return text.join('')
}
