import { describe, expect, test } from 'vitest'
import { readAll } from '../../streams/index.ts'
import { readPseudoFile } from './pseudo-file.ts'

const marker = '#\n# START OF DATA - DO NOT MODIFY\n#\n'

/** In chunks of so many bytes: what comes from a program is cut anywhere. */
async function* chunks(text: string, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

async function read(text: string, size?: number) {
  const { entries, content } = await readPseudoFile(chunks(text, size))
  const plain = entries.map(({ name, linkName, attributes, ...rest }) => ({
    ...rest,
    name: Buffer.from(name).toString('latin1'),
    ...(linkName === undefined ? {} : { linkName: Buffer.from(linkName).toString('latin1') }),
    ...(attributes.size === 0
      ? {}
      : { attributes: [...attributes].map(([k, v]) => [k, Buffer.from(v).toString('latin1')]) }),
  }))
  return { entries: plain, content: Buffer.from(await readAll(content, 1000, 'content')).toString('latin1') }
}

const root = '/ D 1700000000 755 0 0\n'
const same = { mtime: 1_700_000_000, mode: 0o755, uid: 0, gid: 0, size: 0 }

describe('a pseudo file', () => {
  test.each([1, 3, 1000])('is read in chunks of %i bytes', async size => {
    const text = `${root}bin D 5 1777 1 2
bin/a R 6 4755 1000 1001 3 0 0
bin/a x security.capability=0t\\001\\000x
bin/a x user.plain=as it is
bin/b L bin/a
bin/c S 7 777 0 0 ../some where
bin/d R 8 644 0 0 2 3 1
dev/null C 9 666 0 0 1 3
dev/disk B 9 660 0 6 1118467 112
fifo I 9 644 0 0 f
sock I 9 644 0 0 s
${marker}abcde`
    expect(await read(text, size)).toEqual({
      content: 'abcde',
      entries: [
        { ...same, name: '', type: 'directory' },
        { ...same, name: 'bin', type: 'directory', mtime: 5, mode: 0o1777, uid: 1, gid: 2 },
        {
          ...same,
          name: 'bin/a',
          type: 'file',
          mtime: 6,
          mode: 0o4755,
          uid: 1000,
          gid: 1001,
          size: 3,
          attributes: [
            ['security.capability', '\x01\0x'],
            ['user.plain', 'as it is'],
          ],
        },
        { ...same, name: 'bin/b', type: 'hardlink', linkName: 'bin/a', mtime: 6, mode: 0o4755, uid: 1000, gid: 1001 },
        { ...same, name: 'bin/c', type: 'symlink', linkName: '../some where', mtime: 7, mode: 0o777 },
        { ...same, name: 'bin/d', type: 'file', mtime: 8, mode: 0o644, size: 2 },
        { ...same, name: 'dev/null', type: 'character', mtime: 9, mode: 0o666, device: [1, 3] },
        { ...same, name: 'dev/disk', type: 'block', mtime: 9, mode: 0o660, gid: 6, device: [259, 70000] },
        { ...same, name: 'fifo', type: 'fifo', mtime: 9, mode: 0o644 },
        { ...same, name: 'sock', type: 'socket', mtime: 9, mode: 0o644 },
      ],
    })
  })

  test.each([
    ['a\\ b\\"c', 'a b"c'],
    ['new\\\nline', 'new\nline'],
    ['back\\\\slash', 'back\\slash'],
    ['\xff\xfe', '\xff\xfe'],
    ['#hash', '#hash'],
    ['#\\ hash', '# hash'],
    ['/lead', 'lead'],
  ])('gives %j as the name %j', async (written, name) => {
    const { entries } = await read(
      `${written} D 1700000000 755 0 0\nlink L real\nreal R 1700000000 755 0 0 0 0 0\n${marker}`,
    )
    expect(entries[0]).toMatchObject({ name })
    const linked = await read(`${written} R 1700000000 755 0 0 0 0 0\nlink L ${written.replace('/', '')}\n${marker}`)
    expect(linked.entries[1]).toMatchObject({ linkName: name })
  })

  test.each([
    ['0saGk=', 'hi'],
    ['0x6869', 'hi'],
    ['0thi\\134n', 'hi\\n'],
    ['', ''],
  ])('gives the attribute %j as %j', async (written, value) => {
    const { entries } = await read(`${root}/ x user.a=${written}\n${marker}`)
    expect(entries[0]?.attributes).toEqual([['user.a', value]])
  })

  test('may have no content, and comments', async () => {
    expect((await read(`# made by hand\n#\n${root}`)).entries).toHaveLength(1)
  })

  test.each([
    ['a name that leads out', `../x D 5 755 0 0\n${marker}`, '../x'],
    ['a name within that leads out', `a/../../x D 5 755 0 0\n${marker}`, 'a/../../x'],
    ['an absolute name', `//etc D 5 755 0 0\n${marker}`, '/etc'],
    ['a link that leads out', `x L ../../etc/passwd\n${marker}`, 'link to'],
    ['a link to nothing', `x L y\n${marker}`, 'link to'],
    ['a link to a link', `x L y\ny L x\n${marker}`, 'link to'],
    ['an unknown type', `x Q 5 755 0 0\n${marker}`, 'not known'],
    ['a negative size', `x R 5 755 0 0 -1 0 0\n${marker}`, 'not known'],
    ['content that is elsewhere', `x R 5 755 0 0 1 5 0\n${marker}`, 'not known'],
    ['a missing number', `x R 5 755 0\n${marker}`, 'not known'],
    ['a device without numbers', `x C 5 755 0 0\n${marker}`, 'not known'],
    ['an attribute of nothing', `x x user.a=b\n${marker}`, 'no file'],
    ['an attribute without a value', `${root}/ x user.a\n${marker}`, 'attribute'],
    ['a target of several lines', `x S 5 777 0 0 a\nb\n${marker}`, 'not known'],
    ['half a line', `${root}x R 5`, 'cut off'],
    ['half a marker', `${root}${marker.slice(0, 20)}`, 'cut off'],
  ])('with %s is refused', async (_, text, why) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'bad-archive', message: expect.stringContaining(why) })
  })

  test('with a line that does not end is refused before it is in memory', async () => {
    let given = 0
    const endless = (async function* () {
      for (; given < 100; given += 1) yield Buffer.alloc(1024 * 1024, 'a')
    })()
    await expect(readPseudoFile(endless)).rejects.toMatchObject({ code: 'bad-archive' })
    expect(given).toBeLessThan(5)
  })
})
