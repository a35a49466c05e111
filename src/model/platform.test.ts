import { describe, expect, test } from 'vitest'
import {
  formatPlatform,
  hostPlatform,
  normalisePlatform,
  overridePlatform,
  parsePlatform,
  platformMatches,
} from './platform.ts'

test.each([
  ['linux/amd64', 'linux/amd64'],
  ['Linux/AMD64', 'linux/amd64'],
  ['linux/x86_64', 'linux/amd64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['linux/arm/v6', 'linux/arm/v6'],
  ['macos/arm64', 'darwin/arm64'],
])('%s is %s', (text, formatted) => expect(formatPlatform(parsePlatform(text))).toBe(formatted))

test.each(['', 'linux', 'linux/', '/amd64', 'linux/arm/v7/x', 'linux/am d64', '*/amd64'])('%j is refused', text => {
  expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'bad-argument' }))
})

describe('a variant left out means docker’s default', () => {
  test.each([
    ['linux/arm', 'linux/arm/v7', true],
    ['linux/arm/v7', 'linux/arm', true],
    ['linux/arm', 'linux/arm/v6', false],
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm64/v8', 'linux/arm64', true],
    ['linux/arm64', 'linux/arm64/v9', false],
    ['linux/amd64', 'linux/amd64', true],
    ['linux/amd64', 'linux/amd64/v3', false],
    ['linux/amd64', 'windows/amd64', false],
  ])('%s, offered %s: %s', (wanted, offered, matches) => {
    expect(platformMatches(parsePlatform(wanted), parsePlatform(offered))).toBe(matches)
  })
})

test.each([
  ['linux', 'x64', undefined, 'linux/amd64'],
  ['darwin', 'arm64', undefined, 'linux/arm64'],
  ['darwin', 'x64', undefined, 'linux/amd64'],
  ['win32', 'x64', undefined, 'windows/amd64'],
  ['linux', 'arm', '6', 'linux/arm/v6'],
  ['linux', 'ia32', undefined, 'linux/386'],
  ['linux', 's390x', undefined, 'linux/s390x'],
])('on %s %s %s the host is %s', (os, architecture, arm, platform) => {
  expect(formatPlatform(hostPlatform(os, architecture, arm))).toBe(platform)
})

test.each([
  [{}, 'linux/arm/v6'],
  [{ os: 'windows' }, 'windows/arm/v6'],
  [{ architecture: 'aarch64' }, 'linux/arm64'],
  [{ architecture: 'arm' }, 'linux/arm'],
  [{ variant: 'v7' }, 'linux/arm/v7'],
])('%j in the place of this machine’s', (words, platform) => {
  expect(formatPlatform(overridePlatform(words, parsePlatform('linux/arm/v6')))).toBe(platform)
})

test.each(['constructor', '__proto__', 'toString'])('an architecture may be called %s', architecture => {
  expect(normalisePlatform({ os: 'linux', architecture })).toEqual({
    os: 'linux',
    architecture: architecture.toLowerCase(),
  })
})
