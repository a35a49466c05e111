import { expect, test } from 'vitest'
import { cacheFolder } from './cache-folder.ts'

test.each([
  ['linux', { HOME: '/home/u' }, '/home/u/.cache/lading'],
  ['linux', { HOME: '/home/u', XDG_CACHE_HOME: '/cache' }, '/cache/lading'],
  ['linux', { HOME: '/home/u', XDG_CACHE_HOME: 'relative', LOCALAPPDATA: 'C:\\x' }, '/home/u/.cache/lading'],
  ['darwin', { HOME: '/Users/u' }, '/Users/u/Library/Caches/lading'],
  ['darwin', { HOME: '/Users/u', XDG_CACHE_HOME: '/cache' }, '/cache/lading'],
  [
    'win32',
    { LOCALAPPDATA: 'C:\\Users\\u\\AppData\\Local', HOME: '/c/Users/u' },
    'C:\\Users\\u\\AppData\\Local\\lading\\cache',
  ],
  ['win32', { USERPROFILE: 'C:\\Users\\u', HOME: '/c/Users/u' }, 'C:\\Users\\u\\.cache\\lading'],
  ['win32', { XDG_CACHE_HOME: 'D:\\cache', LOCALAPPDATA: 'C:\\x' }, 'D:\\cache\\lading'],
] as const)('on %s, with %j, it is %s', (platform, environment, folder) => {
  expect(cacheFolder(environment, platform)).toBe(folder)
})
