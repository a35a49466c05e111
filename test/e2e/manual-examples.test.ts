import { generateKeyPairSync } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { describeWithServices } from '../services/describe-with-services.ts'
import { openGnupgHome } from '../services/gnupg-home.ts'
import { type Peer, peer, servicePath } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { type Ending, runLading } from './differential/run-lading.ts'
import { writeSmallImage } from './differential/small-images.ts'
import { newFolder } from './lading.ts'
import { type Invocation, invocations } from './skopeo-invocations.ts'

describeWithServices(['docker-registry', 'skopeo', 'gpg'], 'under the name of skopeo', () => {
  let registry: RegistryServer
  let skopeo: Peer
  let env: Readonly<Record<string, string>>

  beforeAll(async () => {
    registry = await startRegistry()
    skopeo = peer('skopeo')
    const home = await newFolder()
    const settings = path.join(home, '.config/containers')
    await mkdir(settings, { recursive: true })
    await writeFile(path.join(settings, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}')
    // the registries that the manual names are read from the one that is here
    const elsewhere = ['docker.io', 'quay.io'].map(
      prefix => `[[registry]]\nprefix = "${prefix}"\nlocation = "${registry.host}"\ninsecure = true\n`,
    )
    const conf = path.join(settings, 'registries.conf')
    await writeFile(conf, `${elsewhere.join('')}[[registry]]\nlocation = "${registry.host}"\ninsecure = true\n`)
    env = { HOME: home, XDG_RUNTIME_DIR: home }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    const seeds = [
      ['docker', 'skopeo/stable:latest'],
      ['docker', 'library/busybox:latest'],
      ['oci', 'library/nginx:1.17.8'],
      ['oci index', 'org/app:v1'],
      ['docker list', 'org/app:v2'],
      ['oci', 'org/small:v1'],
    ] as const
    for (const [image, name] of seeds) {
      const folder = await writeSmallImage(image)
      const words = ['copy', '--all', '--preserve-digests', '--dest-tls-verify=false', `dir:${folder}`]
      await skopeo.run([...words, `docker://${registry.host}/${name}`])
    }
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await registry.stop()
  })

  const theirs = (words: readonly string[]) => skopeo.attempt(words, { env })
  const digestAt = async (name: string) => {
    const raw = path.join(await newFolder(), 'manifest.json')
    await writeFile(raw, await skopeo.run(['inspect', '--raw', name], { env }))
    return (await skopeo.run(['manifest-digest', raw])).trim()
  }

  describe('an example of the manual', () => {
    /** The words as printed, but for places that are not here. */
    const run = (folder: string, line: string) =>
      runLading(
        line
          .replaceAll('registry.example.com', registry.host)
          .replaceAll('/var/lib/images', folder)
          .replaceAll('docker-archive:', `docker-archive:${folder}/`)
          .replaceAll('oci:', `oci:${folder}/`)
          .replaceAll('./p', `${folder}/p`)
          .split(' '),
      )

    test('just copies an image from one registry to another', async () => {
      const line = 'copy docker://quay.io/skopeo/stable:latest docker://registry.example.com/skopeo:latest'
      expect(await run('', line)).toMatchObject({ code: 0 })
      expect(await digestAt(`docker://${registry.host}/skopeo:latest`)).toBe(
        await digestAt(`docker://${registry.host}/skopeo/stable:latest`),
      )
    })

    test('copies the layers of busybox to a directory', async () => {
      const folder = await newFolder()
      await mkdir(`${folder}/busybox`)
      expect(await run(folder, 'copy docker://busybox:latest dir:/var/lib/images/busybox')).toMatchObject({ code: 0 })
      const them = path.join(await newFolder(), 'busybox')
      expect(await theirs(['copy', 'docker://busybox:latest', `dir:${them}`])).toMatchObject({ code: 0 })
      expect((await readdir(`${folder}/busybox`)).sort()).toEqual((await readdir(them)).sort())
    })

    test('creates an archive for docker load', async () => {
      const folder = await newFolder()
      const line = 'copy docker://busybox:latest docker-archive:archive-file.tar:busybox:latest'
      expect(await run(folder, line)).toMatchObject({ code: 0 })
      const tags = await skopeo.run(['list-tags', `docker-archive:${folder}/archive-file.tar`])
      expect(JSON.parse(tags).Tags).toEqual(['docker.io/library/busybox:latest'])
    })

    // only root can write the owners of a storage's files
    test.skipIf(process.getuid?.() !== 0)('copies an image out of a storage, and signs it', async () => {
      const gnupg = openGnupgHome()
      try {
        const folder = await newFolder()
        const dev = await gnupg.newKey('dev@example.com')
        vi.stubEnv('GNUPGHOME', gnupg.home)
        vi.stubEnv('PATH', `${path.dirname(servicePath('skopeo'))}:${process.env.PATH}`)
        const places = path.join(env.HOME ?? '', '.config/containers/registries.d')
        await mkdir(places)
        await writeFile(path.join(places, 'a.yaml'), `default-docker:\n  lookaside: file://${folder}/lookaside\n`)
        const storage = `containers-storage:[vfs@${folder}/storage+${folder}/run]`
        const stored = `${storage}example/busybox:streaming`
        expect(await theirs(['copy', 'docker://busybox:latest', stored])).toMatchObject({ code: 0 })
        const line =
          'copy --sign-by dev@example.com containers-storage:example/busybox:streaming docker://example/busybox:gold'
        const here = line
          .replace('containers-storage:', storage)
          .replace('example/busybox:gold', 'registry.example.com/$&')
        expect(await run(folder, here)).toMatchObject({ code: 0, stderr: '' })

        const keyPath = `${folder}/dev.gpg`
        await writeFile(keyPath, await gnupg.run('--export', dev))
        const policy = `${folder}/policy.json`
        await writeFile(policy, JSON.stringify({ default: [{ type: 'signedBy', keyType: 'GPGKeys', keyPath }] }))
        const gold = [
          '--policy',
          policy,
          'copy',
          `docker://${registry.host}/example/busybox:gold`,
          `dir:${folder}/gold`,
        ]
        expect(await theirs(gold)).toMatchObject({ code: 0 })
      } finally {
        for (const [name, value] of Object.entries({ ...env, GNUPGHOME: undefined })) vi.stubEnv(name, value)
        gnupg.close()
      }
    })

    /** The keys of the manual, as short as it makes them. */
    async function makeKeys(folder: string, names: readonly string[] = ['private']): Promise<void> {
      for (const name of names) {
        const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
        await writeFile(`${folder}/${name}.key`, privateKey.export({ type: 'pkcs1', format: 'pem' }))
        await writeFile(
          `${folder}/public${name.slice('private'.length)}.key`,
          publicKey.export({ type: 'spki', format: 'pem' }),
        )
      }
    }

    const encryption = 'copy --encryption-key jwe:./public.key oci:local_nginx:1.17.8 oci:try-encrypt:encrypted'
    const decryption = 'copy --decryption-key ./private.key oci:try-encrypt:encrypted oci:try-decrypt:decrypted'
    const local = 'copy docker://docker.io/library/nginx:1.17.8 oci:local_nginx:1.17.8'
    const blobsAt = async (name: string): Promise<string[]> => {
      const raw = JSON.parse(await skopeo.run(['inspect', '--raw', name]))
      return [raw.config, ...raw.layers].map(({ digest }) => digest)
    }
    const layersAt = async (name: string): Promise<string[]> => {
      const raw = JSON.parse(await skopeo.run(['inspect', '--raw', name]))
      return raw.layers.map(({ mediaType }: { mediaType: string }) => mediaType.replace(/^.*\.tar/, 'tar'))
    }

    test('encrypts an image with a key of 1024 bits, which is warned of, and decrypts it', async () => {
      const folder = await newFolder()
      await makeKeys(folder)
      expect(await run(folder, local)).toMatchObject({ code: 0 })
      expect(await run(folder, encryption)).toMatchObject({ code: 0, stderr: expect.stringContaining('1024 bits') })
      expect(new Set(await layersAt(`oci:${folder}/try-encrypt:encrypted`))).toEqual(new Set(['tar+gzip+encrypted']))
      expect(await run(folder, decryption)).toMatchObject({ code: 0, stderr: '' })
      expect(await digestAt(`oci:${folder}/try-decrypt:decrypted`)).toBe(
        await digestAt(`oci:${folder}/local_nginx:1.17.8`),
      )
      const them = ['copy', '--decryption-key', `${folder}/private.key`, `oci:${folder}/try-encrypt:encrypted`]
      await skopeo.run([...them, `oci:${folder}/theirs:decrypted`])
      expect(await blobsAt(`oci:${folder}/theirs:decrypted`)).toEqual(await blobsAt(`oci:${folder}/local_nginx:1.17.8`))
    })

    test('copies an encrypted image without decryption', async () => {
      const folder = await newFolder()
      await makeKeys(folder)
      expect(await run(folder, local)).toMatchObject({ code: 0 })
      const key = ['--encryption-key', `jwe:${folder}/public.key`]
      await skopeo.run(['copy', ...key, `oci:${folder}/local_nginx:1.17.8`, `oci:${folder}/try-encrypt:encrypted`])
      const line = 'copy oci:try-encrypt:encrypted oci:try-encrypt-copy:encrypted'
      expect(await run(folder, line)).toMatchObject({ code: 0 })
      expect(await digestAt(`oci:${folder}/try-encrypt-copy:encrypted`)).toBe(
        await digestAt(`oci:${folder}/try-encrypt:encrypted`),
      )
    })

    test('decrypts an image whose layers have different keys', async () => {
      const folder = await newFolder()
      await makeKeys(folder, ['private1', 'private2', 'private3'])
      expect(await run(folder, local)).toMatchObject({ code: 0 })
      const { length } = await layersAt(`oci:${folder}/local_nginx:1.17.8`)
      expect(length).toBe(2)
      const encrypt = (place: number, from: string, to: string) =>
        run(folder, `copy --encryption-key jwe:./public${place + 1}.key --encrypt-layer ${place} oci:${from} oci:${to}`)
      expect(await encrypt(0, 'local_nginx:1.17.8', 'half:encrypted')).toMatchObject({ code: 0 })
      expect(await encrypt(1, 'half:encrypted', 'try-encrypt:encrypted')).toMatchObject({ code: 0 })
      const line =
        'copy --decryption-key ./private1.key --decryption-key ./private2.key --decryption-key ./private3.key oci:try-encrypt:encrypted oci:try-decrypt:decrypted'
      expect(await run(folder, line)).toMatchObject({ code: 0 })
      expect(await digestAt(`oci:${folder}/try-decrypt:decrypted`)).toBe(
        await digestAt(`oci:${folder}/local_nginx:1.17.8`),
      )
    })

    test('encrypts the second layer alone', async () => {
      const folder = await newFolder()
      await makeKeys(folder)
      expect(await run(folder, local)).toMatchObject({ code: 0 })
      const line = encryption.replace('jwe:./public.key', 'jwe:./public.key --encrypt-layer 1')
      expect(await run(folder, line)).toMatchObject({ code: 0 })
      expect(await layersAt(`oci:${folder}/try-encrypt:encrypted`)).toEqual(['tar+gzip', 'tar+gzip+encrypted'])
    })

    test.each([
      ['both keys', 'copy --encryption-key jwe:./public.key --decryption-key ./private.key'],
      ['layers and no key', 'copy --encrypt-layer 1'],
      ['a layer that is no number', 'copy --encryption-key jwe:./public.key --encrypt-layer one'],
    ])('%s: is refused as skopeo does', async (_, words) => {
      const folder = await newFolder()
      await makeKeys(folder)
      const line = `${words} oci:local_nginx:1.17.8 oci:try-encrypt:encrypted`
      const { code, stderr } = await run(folder, line)
      expect(code).toBe(1)
      const them = await theirs(line.replaceAll('oci:', `oci:${folder}/`).split(' '))
      expect(them.code).toBe(1)
      const message = (text: string) => /--encrypt[^"\\]*/.exec(text)?.[0].split(':')[0]
      expect(message(stderr)).toBe(message(them.stderr))
    })
  })

  /** What a program prints and leaves, in a place of its own that is called the same for both. */
  async function outcome(
    program: (words: readonly string[]) => Promise<Ending>,
    { lines, prints, leaves, files = [] }: Invocation,
  ) {
    const folder = await newFolder()
    const own = path.basename(folder).toLowerCase()
    const at = (text: string) =>
      text.replaceAll('{out}', folder).replaceAll('{reg}', registry.host).replaceAll('{own}', own)
    let stdout = ''
    const codes = []
    for (const line of lines) {
      const ending = await program(line.split(' ').map(word => at(word.replaceAll('_', ' '))))
      codes.push([line, ending.code, ending.code === 0 ? '' : ending.stderr])
      stdout = ending.stdout
    }
    return {
      codes,
      stdout: prints === true ? stdout.replaceAll(folder, '{out}').replaceAll(own, '{own}') : undefined,
      digests: await Promise.all(leaves.map(name => digestAt(at(name)))),
      files: await Promise.all(files.map(file => readFile(at(file), 'utf8'))),
    }
  }

  test.each(invocations)('$title: ends as it does with skopeo', async invocation => {
    for (const [file, text] of Object.entries(invocation.given ?? {})) {
      await writeFile(path.join(env.HOME ?? '', file), text.replaceAll('{reg}', registry.host))
    }
    const given = (line: string) => line.replaceAll('{given}', env.HOME ?? '')
    const one = { ...invocation, lines: invocation.lines.map(given) }
    const expected = await outcome(theirs, one)
    expect(expected.codes.map(([, code]) => code)).toEqual(one.lines.map(() => 0))
    expect(await outcome(runLading, one)).toEqual(expected)
  })
})
