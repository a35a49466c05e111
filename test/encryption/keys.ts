import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { servicePath } from '../services/peer.ts'

const run = promisify(execFile)

/** Somebody for whom something is encrypted, and what opens it. */
export interface Recipient {
  readonly encryptionKey: string
  readonly decryptionKeys: readonly string[]
}

export interface Keys {
  /** What both programs have to have in their environment. */
  readonly env: Readonly<Record<string, string>>
  readonly recipients: Readonly<
    Record<'jwe RSA' | 'jwe EC' | 'pgp' | 'pkcs7' | 'provider' | 'jwe of another', Recipient>
  >
}

/** Wraps by turning bytes round, in the protocol of ocicrypt's key providers. */
const provider = `let text = ''
process.stdin.on('data', chunk => { text += chunk }).on('end', () => {
  const { op, keywrapparams, keyunwrapparams } = JSON.parse(text)
  const turned = words => Buffer.from(words, 'base64').reverse().toString('base64')
  const said = (op === 'keywrap' ? keywrapparams.ec : keyunwrapparams.dc).Parameters.turn.map(word => Buffer.from(word, 'base64').toString())
  if (said.join() !== 'over') process.exit(3)
  const answer = op === 'keywrap'
    ? { keywrapresults: { annotation: turned(keywrapparams.optsdata) } }
    : { keyunwrapresults: { optsdata: turned(keyunwrapparams.annotation) } }
  process.stdout.write(JSON.stringify(answer))
})`

/** Keys of every kind, made by the programs that people make them with, in a folder of their own. */
export async function makeKeys(folder: string): Promise<Keys> {
  const at = (name: string) => path.join(folder, name)
  const openssl = (...words: readonly string[]) => run(servicePath('openssl'), [...words], { cwd: folder })
  await openssl('genrsa', '-out', 'rsa.key', '2048')
  await openssl('genrsa', '-out', 'another.key', '2048')
  await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'ec.sec1')
  await openssl('pkcs8', '-topk8', '-nocrypt', '-in', 'ec.sec1', '-out', 'ec.key')
  for (const name of ['rsa', 'another', 'ec']) {
    await openssl('pkey', '-in', `${name}.key`, '-pubout', '-out', `${name}.pub`)
  }
  const subject = ['-subj', '/CN=a recipient', '-days', '2']
  await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'x509.key', '-out', 'x509.pem', ...subject)
  const gnupg = await makeGnupg(folder)
  await writeFile(at('provider.js'), provider)
  const cmd = { path: process.execPath, args: [at('provider.js')] }
  await writeFile(at('provider.json'), JSON.stringify({ 'key-providers': { turn: { cmd } } }))
  return {
    env: { GNUPGHOME: gnupg, OCICRYPT_KEYPROVIDER_CONFIG: at('provider.json') },
    recipients: {
      'jwe RSA': { encryptionKey: `jwe:${at('rsa.pub')}`, decryptionKeys: [at('rsa.key')] },
      'jwe EC': { encryptionKey: `jwe:${at('ec.pub')}`, decryptionKeys: [at('ec.key')] },
      pgp: { encryptionKey: 'pgp:carla@example.com', decryptionKeys: [`${at('carla.gpg')}:a long passphrase`] },
      pkcs7: { encryptionKey: `pkcs7:${at('x509.pem')}`, decryptionKeys: [at('x509.key'), at('x509.pem')] },
      provider: { encryptionKey: 'provider:turn:over', decryptionKeys: ['provider:turn:over'] },
      'jwe of another': { encryptionKey: `jwe:${at('another.pub')}`, decryptionKeys: [at('another.key')] },
    },
  }
}

/** Keyrings with one person in them, whose secret key is in a file too. Its path is short: gpg-agent listens at a socket there. */
async function makeGnupg(folder: string): Promise<string> {
  const home = await mkdtemp(path.join(tmpdir(), 'lg-'))
  await mkdir(home, { recursive: true })
  await chmod(home, 0o700)
  const gpg = (...words: readonly string[]) =>
    run(servicePath('gpg'), ['--batch', '--pinentry-mode', 'loopback', '--passphrase', 'a long passphrase', ...words], {
      env: { ...process.env, GNUPGHOME: home },
    })
  await gpg('--quick-generate-key', 'Carla <carla@example.com>', 'rsa2048', 'default', 'never')
  const [fingerprint = ''] = /(?<=^fpr:+)[0-9A-F]{40}/m.exec((await gpg('--list-keys', '--with-colons')).stdout) ?? []
  await gpg('--quick-add-key', fingerprint, 'rsa2048', 'encr', 'never')
  await gpg('--output', path.join(folder, 'carla.gpg'), '--export-secret-keys', 'carla@example.com')
  await run('gpgconf', ['--kill', 'all'], { env: { ...process.env, GNUPGHOME: home } })
  return home
}
