import { expect, test } from 'vitest'
import { readChunkedLayer } from '../../../testing/read-chunked-layer.ts'
import { paxBody, type RawEntry, tarArchive } from '../../../testing/tar-blocks.ts'
import { readAll } from '../../read-all.ts'
import { compressChunked } from './compress-chunked.ts'

async function tableOf(...archive: readonly RawEntry[]) {
  async function* source() {
    yield tarArchive(...archive)
  }
  const layer = compressChunked(source())
  const bytes = await readAll(layer.bytes, Number.MAX_SAFE_INTEGER, 'the layer')
  const { entries } = await readChunkedLayer(bytes, layer.annotations())
  return entries.map(({ UID, GID, ModTime, ...entry }) => {
    // For readers that know only these names.
    expect([UID, GID, ModTime]).toEqual([entry.uid, entry.gid, entry.modtime])
    return entry
  })
}

const pax = (records: Record<string, string>): RawEntry => ({ name: 'x', flag: 'x', body: paxBody(records) })
const epoch = '1970-01-01T00:00:00Z'

test('every type of entry has a word for it, and what is 0 is left out', async () => {
  expect(
    await tableOf(
      { name: 'd/', flag: '5', at: { 100: '0000755\0' } },
      { name: 'e' },
      { name: 'h', flag: '1', link: 'e', size: '00000000007\0' },
      { name: 's', flag: '2', link: '../x' },
      { name: 'c', flag: '3', at: { 329: '0000005\0' + '0000001\0' } },
      { name: 'b', flag: '4' },
      { name: 'f', flag: '6', at: { 100: '0000000\0' } },
      { name: 'old/', flag: '\0', magic: '' },
    ),
  ).toEqual([
    { type: 'dir', name: 'd/', mode: 0o755, modtime: epoch },
    { type: 'reg', name: 'e', mode: 0o644, modtime: epoch },
    // Some write the size of the file that the link is to.
    { type: 'hardlink', name: 'h', linkName: 'e', mode: 0o644, size: 7, modtime: epoch },
    { type: 'symlink', name: 's', linkName: '../x', mode: 0o644, modtime: epoch },
    { type: 'char', name: 'c', mode: 0o644, modtime: epoch, devMajor: 5, devMinor: 1 },
    { type: 'block', name: 'b', mode: 0o644, modtime: epoch },
    { type: 'fifo', name: 'f', modtime: epoch },
    { type: 'dir', name: 'old/', mode: 0o644, modtime: epoch },
  ])
})

test('what a pax header says holds, and an empty value says nothing', async () => {
  const records = {
    path: 'a long name ☃',
    linkpath: '☃',
    uid: '3000000',
    gid: '7',
    mtime: '1700000000.123456789',
    atime: '-1.25',
    ctime: '12.5000000001',
    'SCHILY.xattr.user.b': 'é',
    'SCHILY.xattr.security.capability': '\u0001\0\0\u0002',
  }
  expect(
    await tableOf(pax(records), { name: 's', flag: '2' }, pax({ uid: '' }), { name: 'b', at: { 108: '0000012\0' } }),
  ).toEqual([
    {
      type: 'symlink',
      name: 'a long name ☃',
      linkName: '☃',
      mode: 0o644,
      uid: 3_000_000,
      gid: 7,
      modtime: '2023-11-14T22:13:20.123456789Z',
      accesstime: '1969-12-31T23:59:58.75Z',
      changetime: '1970-01-01T00:00:12.5Z',
      xattrs: { 'security.capability': 'AQAAAg==', 'user.b': 'w6k=' },
    },
    { type: 'reg', name: 'b', mode: 0o644, uid: 10, modtime: epoch },
  ])
})

test('numbers in base 256, also below zero, and the times of GNU tar and star are read', async () => {
  const gnu = 'ustar  \0'
  expect(
    await tableOf(
      {
        name: 'g',
        magic: gnu,
        at: { 108: '\x80\0\0\0\0\x30\0\0', 136: `${'\xff'.repeat(11)}\xfe`, 345: '00000000001\0' },
      },
      { name: 's', at: { 476: '00000000002\0' + '00000000003\0', 508: 'tar\0' } },
    ),
  ).toEqual([
    {
      type: 'reg',
      name: 'g',
      mode: 0o644,
      uid: 0x300000,
      modtime: '1969-12-31T23:59:58Z',
      accesstime: '1970-01-01T00:00:01Z',
    },
    {
      type: 'reg',
      name: 's',
      mode: 0o644,
      modtime: epoch,
      accesstime: '1970-01-01T00:00:02Z',
      changetime: '1970-01-01T00:00:03Z',
    },
  ])
})
