import path from 'node:path'
import { expect, test } from 'vitest'
import { authFilePaths } from './auth-file-paths.ts'
import { homeFolder } from './home-folder.ts'
import { certificateFolderName } from './registry-certificates.ts'

const both = { HOME: '/home/u', USERPROFILE: 'C:\\Users\\u' }

test.each([
  ['linux', '/home/u'],
  ['darwin', '/home/u'],
  ['win32', 'C:\\Users\\u'],
] as const)('the home on %s is %s', (platform, home) => {
  expect(homeFolder(both, platform)).toBe(home)
})

test('only Linux has a folder for what lives as long as a login', () => {
  const environment = { ...both, XDG_RUNTIME_DIR: '/run/user/1' }
  expect(authFilePaths({ environment }, 'linux')[0]).toBe('/run/user/1/containers/auth.json')
  expect(authFilePaths({ environment }, 'darwin')[0]).toBe('/home/u/.config/containers/auth.json')
  expect(authFilePaths({ environment }, 'win32')[0]).toBe(
    path.join('C:\\Users\\u', '.config', 'containers', 'auth.json'),
  )
})

test('a folder of certificates has no colon in its name on Windows', () => {
  expect(certificateFolderName('registry.example:5000', 'linux')).toBe('registry.example:5000')
  expect(certificateFolderName('registry.example:5000', 'win32')).toBe('registry.example5000')
})
