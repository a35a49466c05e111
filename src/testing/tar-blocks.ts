/** One entry of a tar archive as a test wants it, right or wrong. */
export interface RawEntry {
  readonly name: string
  /** One character. Default `0`, a file. */
  readonly flag?: string
  readonly link?: string
  /** The size field as it stands. Default: that of `body`. */
  readonly size?: string | Uint8Array
  readonly body?: string | Uint8Array
  /** Default `ustar\0` and the version; empty for what came before it. */
  readonly magic?: string
  readonly prefix?: string
  /** The checksum field as it stands. */
  readonly checksum?: string
  /** More of the header: what stands at which byte. */
  readonly at?: Readonly<Record<number, string>>
}

/** The blocks of one entry, made with nothing of lading: what is wrong in it stays wrong. */
export function tarEntry(entry: RawEntry): Uint8Array {
  const body = Buffer.from(entry.body ?? '')
  const block = Buffer.alloc(512)
  block.write(entry.name, 0, 100)
  block.write('0000644\0' + '0000000\0' + '0000000\0', 100)
  const size = entry.size ?? `${body.byteLength.toString(8).padStart(11, '0')}\0`
  Buffer.from(size).copy(block, 124)
  block.write('00000000000\0', 136)
  block.write(entry.flag ?? '0', 156)
  block.write(entry.link ?? '', 157, 100)
  block.write(entry.magic ?? 'ustar\x0000', 257, 8)
  block.write(entry.prefix ?? '', 345, 155)
  for (const [at, text] of Object.entries(entry.at ?? {})) block.write(text, Number(at), 'latin1')
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(entry.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([block, body, Buffer.alloc((512 - (body.byteLength % 512)) % 512)])
}

/** A whole archive, with its end. */
export function tarArchive(...entries: readonly RawEntry[]): Uint8Array {
  return Buffer.concat([...entries.map(tarEntry), Buffer.alloc(1024)])
}

/** The body of a pax header. */
export function paxBody(records: Readonly<Record<string, string>>): string {
  return Object.entries(records)
    .map(([key, value]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`)
      const digits = [1, 2, 3, 4, 5, 6, 7].find(count => String(rest + count).length === count) ?? 0
      return `${rest + digits} ${key}=${value}\n`
    })
    .join('')
}
