import { generateKeyPairSync } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openLayerEncryption } from '../../src/transform/encryption/layer-encryption.ts'
import { newFolder } from '../e2e/lading.ts'

const secret = { key: Buffer.alloc(32, 1), nonce: Buffer.alloc(16, 2), digest: `sha256:${'a'.repeat(64)}` }
const layer = { digest: `sha256:${'b'.repeat(64)}` } as const

let folder: string
beforeEach(async () => {
  folder = await newFolder()
})

/** A provider that is a script, and the environment that names it. */
async function provider(script: string, settings: object = { cmd: { path: process.execPath, args: ['{script}'] } }) {
  const file = path.join(folder, 'provider.js')
  const config = path.join(folder, 'providers.json')
  await writeFile(file, script)
  await writeFile(config, JSON.stringify({ 'key-providers': { own: settings } }).replace('{script}', file))
  const environment = { PATH: process.env.PATH, OCICRYPT_KEYPROVIDER_CONFIG: config }
  return { environment, warn() {} }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const answering = (answer: unknown) =>
  `process.stdin.resume().on('end', () => process.stdout.write(${JSON.stringify(JSON.stringify(answer))}))`

describe.skipIf(process.platform === 'win32')('a key provider', () => {
  test('is told what is said to it, and nothing of other keys', async () => {
    const seen = path.join(folder, 'seen')
    const script = `require('fs').writeFileSync(${JSON.stringify(seen)}, require('fs').readFileSync(0))
      process.stdout.write('{"keywrapresults":{"annotation":"YQ=="},"keyunwrapresults":{"optsdata":"YQ=="}}')`
    const context = await provider(script)
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await writeFile(path.join(folder, 'key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await writeFile(path.join(folder, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
    const encryptionKeys = ['provider:own:one', 'provider:own:two', `jwe:${folder}/key.pub`]
    const wrapping = await openLayerEncryption({ encryptionKeys }, context)
    const annotations = await wrapping.seal(secret, { mac: Buffer.alloc(32) })
    expect(annotations['org.opencontainers.image.enc.keys.provider.own']).toBe('YQ==')
    const said = JSON.parse(await readFile(seen, 'utf8'))
    expect(said).toMatchObject({ op: 'keywrap', keywrapparams: { ec: { Parameters: { own: ['b25l', 'dHdv'] } } } })
    expect(Object.keys(said.keywrapparams.ec.Parameters)).toEqual(['own'])
    const unwrapping = await openLayerEncryption({ decryptionKeys: ['provider:own', `${folder}/key`] }, context)
    // What the provider gives is no key of a layer; it is the one that has opened it.
    await expect(unwrapping.open({ ...layer, annotations })).rejects.toMatchObject({ code: 'not-authentic' })
    const asked = await readFile(seen, 'utf8')
    expect(JSON.parse(asked)).toMatchObject({ op: 'keyunwrap', keyunwrapparams: { annotation: 'YQ==' } })
    expect(asked).not.toContain(Buffer.from('PRIVATE KEY').toString('base64').slice(0, 10))
    expect(Object.keys(JSON.parse(asked).keyunwrapparams.dc.Parameters)).toEqual(['own'])
  })

  test.each([
    ['fails', 'process.stderr.write("it is closed"); process.exitCode = 3', 'program-failed', 'it is closed'],
    ['prints no JSON', 'process.stdout.write("{")', 'program-failed', 'no answer'],
    ['gives nothing', answering({ keywrapresults: {} }), 'program-failed', 'no answer'],
    ['gives no base64', answering({ keywrapresults: { annotation: 'it is wrapped!' } }), 'program-failed', 'no answer'],
    ['gives an empty key', answering({ keywrapresults: { annotation: '' } }), 'program-failed', 'no answer'],
  ])('that %s wraps no key', async (_, script, code, words) => {
    const wrapping = await openLayerEncryption({ encryptionKeys: ['provider:own'] }, await provider(script))
    const sealed = wrapping.seal(secret, { mac: Buffer.alloc(32) })
    await expect(sealed).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
  })

  test('that never answers is ended where another one fails', async () => {
    const { environment, warn } = await provider('')
    const said = path.join(folder, 'said')
    const waits = `setInterval(() => {}, 1e6); process.stdout.write(''); require('fs').writeFileSync(${JSON.stringify(said)}, process.pid + ' ')`
    const fails = `const end = () => require('fs').existsSync(${JSON.stringify(said)}) ? process.exit(3) : setTimeout(end, 10); end()`
    const cmd = (script: string) => ({ cmd: { path: process.execPath, args: ['-e', script] } })
    await writeFile(
      environment.OCICRYPT_KEYPROVIDER_CONFIG,
      JSON.stringify({ 'key-providers': { waits: cmd(waits), fails: cmd(fails) } }),
    )
    const encryptionKeys = ['provider:waits', 'provider:fails']
    const { seal } = await openLayerEncryption({ encryptionKeys }, { environment, warn })
    await expect(seal(secret, { mac: Buffer.alloc(32) })).rejects.toMatchObject({ code: 'program-failed' })
    const pid = Number(await readFile(said, 'utf8'))
    await expect.poll(() => isRunning(pid)).toBe(false)
  })

  test('that fails opens nothing', async () => {
    const context = await provider('process.exitCode = 1')
    const annotations = {
      'org.opencontainers.image.enc.keys.provider.own': 'YQ==',
      'org.opencontainers.image.enc.pubopts': Buffer.from(
        JSON.stringify({ cipher: 'AES_256_CTR_HMAC_SHA256', hmac: Buffer.alloc(32).toString('base64') }),
      ).toString('base64'),
    }
    const { open } = await openLayerEncryption({ decryptionKeys: ['provider:own'] }, context)
    await expect(open({ ...layer, annotations })).rejects.toMatchObject({ code: 'no-key' })
  })

  test.each([
    ['a server', { grpc: 'localhost:50051' }, 'unsupported'],
    ['nothing', {}, 'bad-config'],
    ['no program that is there', { cmd: { path: '/nonexistent/program' } }, 'program-failed'],
    ['no program in PATH', { cmd: { path: 'no-such-program' } }, 'program-not-found'],
    ['something else', { cmd: 1 }, 'bad-config'],
  ])('that is %s is refused', async (_, settings, code) => {
    const context = await provider('', settings)
    const sealed = openLayerEncryption({ encryptionKeys: ['provider:own'] }, context).then(one =>
      one.seal(secret, { mac: Buffer.alloc(32) }),
    )
    await expect(sealed).rejects.toMatchObject({ code })
  })

  test.each([
    ['the file does not name', 'provider:other'],
    ['has the name of what every object has', 'provider:constructor'],
  ])('that %s is refused', async (_, key) => {
    const context = await provider('')
    await expect(openLayerEncryption({ decryptionKeys: [key] }, context)).rejects.toMatchObject({ code: 'bad-config' })
  })

  test('is not looked for where no file is named, nor where it cannot be read', async () => {
    const open = (environment: Record<string, string>) =>
      openLayerEncryption({ decryptionKeys: ['provider:own'] }, { environment, warn() {} })
    await expect(open({})).rejects.toMatchObject({ code: 'bad-config' })
    const file = path.join(folder, 'providers.json')
    await expect(open({ OCICRYPT_KEYPROVIDER_CONFIG: file })).rejects.toThrow('the file is not there')
    await writeFile(file, 'no JSON')
    await chmod(file, 0o600)
    await expect(open({ OCICRYPT_KEYPROVIDER_CONFIG: file })).rejects.toThrow('the file cannot be read')
  })
})
