import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
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
