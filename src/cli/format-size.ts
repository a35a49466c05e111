const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Bytes in decimal units, as docker shows them: `999 B`, `1.2 kB`, `345 MB`. At most seven characters. */
export function formatSize(bytes: number): string {
  let value = bytes
  let unit = 0
  // 999.5 would be shown as 1000
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit > 0 && value < 99.95 ? 1 : 0
  return `${value.toFixed(digits)} ${units[unit]}`
}
