import { expect, test } from 'vitest'
import { unwrapWithAes, wrapWithAes } from './aes-key-wrap.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const key = hex('00112233445566778899AABBCCDDEEFF 000102030405060708090A0B0C0D0E0F')
const wrapping = hex('000102030405060708090A0B0C0D0E0F 101112131415161718191A1B1C1D1E1F')
const wrapped = hex('28C9F404C4B810F4 CBCCB35CFB87F826 3F5786E2D80ED326 CBC7F0E71A99F43B FB988B9B7A02DD21')

test('a key is wrapped as in RFC 3394, 4.6', () => {
  expect(wrapWithAes(key, wrapping)).toEqual(wrapped)
  expect(unwrapWithAes(wrapped, wrapping)).toEqual(key)
})

test('a wrapped key that was changed is not opened', () => {
  const changed = Buffer.from(wrapped)
  changed.writeUInt8(changed.readUInt8(20) ^ 1, 20)
  expect(() => unwrapWithAes(changed, wrapping)).toThrow()
})
