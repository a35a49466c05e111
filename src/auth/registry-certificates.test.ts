import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { rootCertificates } from 'node:tls'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { findRegistryCertificates } from './registry-certificates.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'lading-certs-d-'))
  onTestFinished(() => rm(root, { recursive: true }))
})

const authority = (index: number) => rootCertificates[index]?.trim() ?? ''

/** Makes a folder with one authority in it. */
async function make(folder: string, index: number): Promise<void> {
  await mkdir(path.join(root, folder), { recursive: true })
  await writeFile(path.join(root, folder, 'ca.crt'), authority(index))
}

const find = (registry: string, certDir?: string) =>
  findRegistryCertificates(registry, {
    certDir: certDir === undefined ? undefined : path.join(root, certDir),
    environment: { HOME: path.join(root, 'home') },
    systemFolders: [path.join(root, 'containers'), path.join(root, 'docker')],
    warn() {},
  })

test('the first folder that there is counts alone: the own, that of the containers tools, that of Docker', async () => {
  expect(await find('r.test:5000')).toBeUndefined()
  await make('docker/r.test:5000', 0)
  expect(await find('r.test:5000')).toEqual({ moreCa: [authority(0)] })
  await make('containers/r.test:5000', 1)
  expect(await find('r.test:5000')).toEqual({ moreCa: [authority(1)] })
  await make('home/.config/containers/certs.d/r.test:5000', 2)
  expect(await find('r.test:5000')).toEqual({ moreCa: [authority(2)] })
})

test('an empty folder hides those behind it', async () => {
  await make('docker/r.test', 0)
  await mkdir(path.join(root, 'containers/r.test'), { recursive: true })
  expect(await find('r.test')).toEqual({})
})

test('the port is a part of the name, and other registries are others', async () => {
  await make('docker/r.test:5000', 0)
  expect(await find('r.test')).toBeUndefined()
  expect(await find('r.test:5001')).toBeUndefined()
})

test('a folder that is named is the only one, for whatever registry', async () => {
  await make('docker/r.test', 0)
  await make('named', 1)
  expect(await find('r.test', 'named')).toEqual({ moreCa: [authority(1)] })
  await expect(find('r.test', 'absent')).rejects.toMatchObject({
    code: 'bad-argument',
    subject: path.join(root, 'absent'),
    message: 'the folder of certificates does not exist or cannot be read',
  })
})
