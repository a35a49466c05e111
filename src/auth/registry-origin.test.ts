import { expect, test } from 'vitest'
import { registryOrigins } from './registry-origin.ts'

test.each(['constructor', '__proto__'])('a registry may be called %s', name => {
  expect(registryOrigins(name, undefined)).toEqual([`https://${name}`])
})
