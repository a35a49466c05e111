import { numberField } from '../../tar/header-fields.ts'

/** A number as `numberField` reads it, and below zero too. NaN where it is none, or none that is exact. */
export function signedField(bytes: Uint8Array): number {
  const first = bytes[0] ?? 0
  if ((first & 0x80) === 0) return numberField(bytes)
  const bits = BigInt(bytes.byteLength * 8 - 1)
  const raw = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  const value = BigInt.asIntN(Number(bits), raw)
  return exact(Number(value))
}

/** A whole number of a pax record. NaN where it is none, or none that is exact. */
export function wholeNumber(text: string): number {
  return /^[+-]?\d+$/.test(text) ? exact(Number(text)) : Number.NaN
}

export interface Moment {
  readonly seconds: number
  readonly nanoseconds: number
}

/** A time of a pax record, `1700000000.123`, to the nanosecond. */
export function parsePaxTime(text: string): Moment {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text)
  const [, sign, whole = '', fraction = ''] = match ?? []
  const seconds = match === null ? Number.NaN : exact(Number(whole))
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'))
  if (sign !== '-') return { seconds, nanoseconds }
  return nanoseconds === 0
    ? { seconds: 0 - seconds, nanoseconds }
    : { seconds: -seconds - 1, nanoseconds: 1e9 - nanoseconds }
}

/** RFC 3339, in UTC, with as many digits as there are. `undefined` where it has no year of four digits. */
export function formatMoment({ seconds, nanoseconds }: Moment): string | undefined {
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) return undefined
  const text = date.toISOString()
  if (!/^\d{4}-/.test(text)) return undefined
  const fraction = String(nanoseconds).padStart(9, '0').replace(/0+$/, '')
  return `${text.slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`
}

function exact(value: number): number {
  return Number.isSafeInteger(value) ? value : Number.NaN
}
