import { mutateJson } from './mutate-json.ts'
import type { Random } from './random.ts'

/** Longer inputs take time and find nothing that shorter ones do not. */
const maxBytes = 256 * 1024
const numbers = [0, 1, -1, 7, 8, 127, 128, 255, 256, 511, 512, 32767, 65535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]
const texts = [...numbers, 2 ** 53, '9223372036854775807', '18446744073709551616', '1e999', 'NaN', '-0', '077777777777']
const commonWords = [
  ...texts.map(String),
  ...['\0', '\r\n', '\n\n', ' ', '\t', '"', '\\', '/', '..', '../', '%00', '%2e', '\u{feff}', '\u2028', '🚢', '\ud800'],
  ...['__proto__', 'constructor', 'toString', 'null', 'true', '[]', '{}', '[', '{', '<', '>', ':', ',', '=', '@', '#'],
]

/**
 * Another input, made of one with others and words at hand. The same chance makes the same of it.
 *
 * Nothing leads it to code that has not run yet: to ask V8 after each input what has run leaves room for a thirteenth of the inputs.
 */
export function mutate(
  input: Uint8Array,
  others: readonly Uint8Array[],
  words: readonly string[],
  random: Random,
): Uint8Array {
  let bytes: Uint8Array = input
  if (random.below(2) === 0) bytes = mutateJson(bytes, random) ?? bytes
  for (let left = random.below(4); left > 0 || bytes === input; left--) {
    bytes = once(bytes, others, words, random)
    if (left < -8) break
  }
  return bytes.subarray(0, maxBytes)
}

function once(input: Uint8Array, others: readonly Uint8Array[], words: readonly string[], random: Random): Uint8Array {
  const at = random.below(input.byteLength + 1)
  const end = Math.min(input.byteLength, at + random.length(input.byteLength + 1))
  const spliced = (...parts: readonly Uint8Array[]) =>
    Buffer.concat([input.subarray(0, at), ...parts, input.subarray(end)])
  switch (random.below(10)) {
    case 0:
      return changed(input, bytes => {
        for (let flips = random.below(4); flips >= 0 && bytes.byteLength > 0; flips--) {
          const place = random.below(bytes.byteLength)
          bytes[place] = (bytes[place] ?? 0) ^ (1 << random.below(8))
        }
      })
    case 1:
      return changed(input, bytes => bytes.fill(random.pick([0, 0xff, 0x20, 0x30, random.below(256)]), at, end))
    case 2:
      return input.subarray(0, at)
    case 3:
      return spliced()
    case 4:
      return spliced(input.subarray(at, end), input.subarray(at, end))
    case 5: {
      const other = random.pick(others)
      const from = random.below(other.byteLength + 1)
      return spliced(other.subarray(from, from + random.length(other.byteLength + 1)))
    }
    case 6:
      return spliced(number(random))
    case 7: {
      // What takes the square of its length shows here.
      const part =
        random.below(2) === 0 ? input.subarray(at, end) : Buffer.from(random.pick([...words, ...commonWords]))
      const times = random.pick([2, 3, 17, 100, 1000, 20_000])
      const room = Math.floor(maxBytes / Math.max(1, part.byteLength))
      return spliced(...Array<Uint8Array>(Math.min(times, room)).fill(part))
    }
    default:
      return spliced(Buffer.from(random.pick(words.length > 0 && random.below(3) > 0 ? words : commonWords)))
  }
}

function changed(input: Uint8Array, change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = Uint8Array.from(input)
  change(bytes)
  return bytes
}

/** As binary formats write numbers. */
function number(random: Random): Uint8Array {
  const bytes = Buffer.alloc(8)
  const value = BigInt.asIntN(64, BigInt(random.pick(numbers)))
  const size = random.pick([1, 2, 4, 8])
  if (random.below(2) === 0) {
    bytes.writeBigInt64LE(value)
    return bytes.subarray(0, size)
  }
  bytes.writeBigInt64BE(value)
  return bytes.subarray(8 - size)
}
