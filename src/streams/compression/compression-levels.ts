import { LadingError } from '../../errors/index.ts'

/** zstd has levels above 20 too: their windows are larger than what others uncompress without being told to. */
const levels = { gzip: { most: 9, usual: 6 }, zstd: { most: 20, usual: 3 } } as const

/**
 * The level to compress with.
 *
 * @throws LadingError `bad-argument` where the format has no such level
 */
export function levelOf(format: keyof typeof levels, asked: number | undefined): number {
  const { most, usual } = levels[format]
  const level = asked ?? usual
  if (Number.isInteger(level) && level >= 1 && level <= most) return level
  throw new LadingError('bad-argument', `${format} has levels 1 to ${most}, and none of ${level}`)
}
