import { mkdtemp, readdir } from 'node:fs/promises'
import path from 'node:path'
import { expect, vi } from 'vitest'
import { buildImage, writeLayout } from '../../src/testing/index.ts'
import { startScriptedServer } from '../../src/testing/scripted-server.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'

/** A machine without Trivy, and a release server that has nothing yet. */
export async function openReleasePlace() {
  const folder = await mkdtemp(path.join(temporaryFolder(), 'install-'))
  const target = path.join(folder, 'home/.local/bin/trivy')
  const files = new Map<string, Uint8Array | string>()
  const server = await startScriptedServer(({ path: asked }, response) => {
    const file = files.get(asked)
    if (file === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-length': Buffer.byteLength(file) }).end(file)
  })
  vi.stubEnv('PATH', path.join(folder, 'bin'))
  vi.stubEnv('HOME', path.join(folder, 'home'))
  vi.stubEnv('TMPDIR', folder)
  vi.stubEnv('LADING_TRIVY_RELEASES', `${server.origin}/mirror/`)
  await writeLayout(path.join(folder, 'layout'), { v1: buildImage() })
  return {
    folder,
    /** An image to scan. */
    image: `oci:${path.join(folder, 'layout')}:v1`,
    /** Where Trivy is installed. */
    target,
    server,
    /** What the release server has, by the path. */
    files,
    /** Nothing was installed, and nothing is left of it. */
    async expectNothing() {
      const there = await readdir(path.dirname(target)).catch(() => [])
      expect(there.filter(one => one !== 'trivy.json')).toEqual([])
    },
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** The path of a file of a release there. */
export const releasePath = (version: string, file: string) => `/mirror/v${version}/${file}`
