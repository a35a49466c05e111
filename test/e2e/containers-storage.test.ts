import { mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { inspectImage } from '../../src/index.ts'
import { findProgram } from '../../src/transports/programs/find-program.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { servicePath } from '../services/peer.ts'
import { checkout } from '../structure/source-files.ts'
import { fixtures, lading } from './lading.ts'

/** A machine with one of the tools, and an empty storage. */
async function newStorage(tool: 'skopeo' | 'podman') {
  // podman refuses a path of more than 50 characters.
  const folder = await mkdtemp(path.join(tmpdir(), 'cs-'))
  const home = path.join(folder, 'home')
  const temporary = path.join(folder, 'tmp')
  await mkdir(path.join(home, '.config/containers'), { recursive: true })
  await mkdir(temporary)
  await writeFile(path.join(home, '.config/containers/policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}')
  const programs = path.dirname(servicePath(tool))
  await writeFile(
    path.join(folder, 'containers.conf'),
    `[engine]\nconmon_path = ["${programs}/conmon"]\nruntime = "runc"\nlock_type = "file"\nevents_logger = "file"
tmp_dir = "${folder}/r"\n[engine.runtimes]\nrunc = ["${programs}/runc"]\n[containers]\ndefault_ulimits = ["nofile=1024:1024"]\n`,
  )
  // The other tool is not there.
  const bin = path.join(folder, 'bin')
  await mkdir(bin)
  for (const program of [servicePath(tool), (await findProgram('mkfifo', process.env)) ?? ''])
    await symlink(program, path.join(bin, path.basename(program)))
  const env = {
    PATH: bin,
    DOCKER_CONFIG: '',
    HOME: home,
    TMPDIR: temporary,
    CONTAINERS_CONF: path.join(folder, 'containers.conf'),
  }
  return {
    folder,
    name: (image: string) => `containers-storage:[vfs@${folder}/storage+${folder}/r]localhost/${image}`,
    async copy(from: string, to: string) {
      const { code, stdout, stderr } = await lading(['copy', '--output', 'json', from, to], { env })
      expect(stderr.split('\n').filter(line => line.includes('"code"'))).toEqual([])
      expect(code).toBe(0)
      return JSON.parse(stdout)
    },
    attempt: (args: readonly string[]) => lading(args, { env }),
    left: () => readdir(temporary),
  }
}

const hello = `oci:${path.join(checkout, 'examples/hello')}:v1`
const manyLayers = `oci:${path.join(fixtures, 'oci/many-layers')}`

describe.skipIf(process.getuid?.() !== 0)("containers' storage (its owners are written as root)", () => {
  describe.each(['skopeo', 'podman'] as const)('through %s', tool => {
    describeWithServices([tool], 'alone', () => {
      test('keeps the digest of the platform that it is given, and finds it again', async () => {
        const storage = await newStorage(tool)
        const name = storage.name('hello:v1')
        const first = await storage.copy(hello, name)
        expect(first).toMatchObject({ changed: true, platforms: [expect.stringContaining('linux/')] })
        const entries = (await inspectImage(hello)).platforms
        expect(entries.map(({ digest }) => digest)).toContain(first.digest)
        expect(await storage.copy(hello, name)).toMatchObject({ changed: false, digest: first.digest })
        expect(await storage.left()).toEqual([])
      })

      test('gives an image back with its config and its layers', async () => {
        const storage = await newStorage(tool)
        await storage.copy(manyLayers, storage.name('many'))
        const layout = `oci:${storage.folder}/layout:v1`
        await storage.copy(storage.name('many'), layout)
        const [[before], [after]] = [(await inspectImage(manyLayers)).platforms, (await inspectImage(layout)).platforms]
        expect(after?.config).toEqual(before?.config)
        expect(after?.layers).toHaveLength(before?.layers.length ?? 0)
        expect(await storage.left()).toEqual([])
      })

      test('is moved to another image under the same name', async () => {
        const storage = await newStorage(tool)
        const { digest } = await storage.copy(hello, storage.name('app'))
        expect(await storage.copy(manyLayers, storage.name('app'))).toMatchObject({ changed: true, previous: digest })
      })

      test('is deleted', async () => {
        const storage = await newStorage(tool)
        const name = storage.name('gone:v1')
        await storage.copy(hello, name)
        expect(await storage.attempt(['delete', name])).toMatchObject({ code: 0, stdout: `deleted ${name}\n` })
        expect((await storage.attempt(['inspect', name])).code).toBe(2)
        expect((await storage.attempt(['delete', name])).code).toBe(2)
        expect(await storage.left()).toEqual([])
      })

      test('has not what nobody put there', async () => {
        const storage = await newStorage(tool)
        const { code, stderr } = await storage.attempt(['inspect', storage.name('nothing')])
        expect(stderr).toContain('the storage has no such image')
        expect(code).toBe(2)
        expect(await storage.left()).toEqual([])
      })
    })
  })
})
