import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { buildImage } from '../../testing/build-image.ts'
import { writeLayout } from '../../testing/write-layout.ts'
import { copyImage } from '../copy-image.ts'
import { signImage } from './sign-image.ts'
import { verifyImage } from './verify-image.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-at-once-'))
afterAll(() => rm(folder, { recursive: true }))
afterEach(() => void vi.unstubAllEnvs())
await writeLayout(path.join(folder, 'layout'), { v1: buildImage() })

test.each(['referrer', 'tag'] as const)('several who sign in a bucket at once have all signed (%s)', async attach => {
  const place = `local://${folder}/${attach}//app:v1`
  await copyImage(`oci:${folder}/layout:v1`, place)
  const keys = ['A', 'B', 'C', 'D']
  for (const name of keys) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    vi.stubEnv(name, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  }
  await Promise.all(keys.map(name => signImage(place, { keys: [`env://${name}`], attach })))
  const { missing, signatures } = await verifyImage(place, { keys: keys.map(name => `env://${name}`) })
  expect(missing).toEqual([])
  expect(signatures).toHaveLength(keys.length)
})

test('several who sign in a copy at once have all signed', async () => {
  const keys = ['A', 'B', 'C', 'D']
  const place = `local://${folder}/copied//app`
  await copyImage(`oci:${folder}/layout:v1`, `${place}:v0`)
  await Promise.all(
    keys.map(async name => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      vi.stubEnv(name, publicKey.export({ format: 'pem', type: 'spki' }).toString())
      const file = path.join(folder, `${name}.key`)
      await writeFile(file, privateKey.export({ format: 'pem', type: 'pkcs8' }))
      const options = { signBySigstorePrivateKey: file, signIdentity: 'registry.example.com/app:v1' }
      await copyImage(`oci:${folder}/layout:v1`, `${place}:${name}`, options)
    }),
  )
  const { missing } = await verifyImage(`${place}:v0`, { keys: keys.map(name => `env://${name}`) })
  expect(missing).toEqual([])
})
