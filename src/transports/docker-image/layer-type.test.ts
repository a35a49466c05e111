import { expect, test } from 'vitest'
import { layerType } from './layer-type.ts'

test.each([
  ['none', 'application/vnd.oci.image.layer.v1.tar'],
  ['gzip', 'application/vnd.oci.image.layer.v1.tar+gzip'],
  ['zstd', 'application/vnd.oci.image.layer.v1.tar+zstd'],
] as const)('a layer compressed with %s is %s', (compression, type) => {
  expect(layerType(compression, 'layer.tar')).toBe(type)
})

test.each([
  'bzip2',
  'xz',
] as const)('a layer compressed with %s has no type, and there is a way to read it', compression => {
  expect(() => layerType(compression, 'layer.tar')).toThrow(
    expect.objectContaining({ code: 'unsupported', hint: expect.stringContaining('docker-archive:-') }),
  )
})
