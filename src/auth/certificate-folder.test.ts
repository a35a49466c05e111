import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { rootCertificates } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { readCertificateFolder } from './certificate-folder.ts'

const [one = '', two = '', three = ''] = rootCertificates
const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
const malformed = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'

async function read(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(path.join(tmpdir(), 'lading-certificates-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text)
  const warnings: string[] = []
  const found = await readCertificateFolder(folder, message => void warnings.push(message.replace(folder, '.')))
  return { found, warnings }
}

test('every authority of every *.crt counts, by name, and nothing else in the folder', async () => {
  const files = { 'b.crt': `# words\n${two}\n${three}\n`, 'a.crt': one, 'notes.txt': 'x', 'ca.pem': 'x' }
  const { found, warnings } = await read(files)
  expect(found).toEqual({ moreCa: [one.trim(), two.trim(), three.trim()] })
  expect(warnings).toEqual([])
})

test('an authority that cannot be read takes nothing from the others, and is told of', async () => {
  const files = { 'a.crt': 'nothing', 'b.crt': malformed, 'c.crt': `${malformed}${one}` }
  const { found, warnings } = await read(files)
  expect(found).toEqual({ moreCa: [one.trim()] })
  expect(warnings).toEqual(['./a.crt', './b.crt'].map(file => `${file} holds no certificate in PEM: it is passed over`))
})

test('an empty folder says nothing, and one that is not there is none', async () => {
  expect((await read({})).found).toEqual({})
  expect(await readCertificateFolder(path.join(tmpdir(), 'lading-no-such-folder'), () => {})).toBeUndefined()
})

test.each([
  ['a certificate without its key', { 'me.cert': one }, 'me.cert has no me.key'],
  ['a key without its certificate', { 'me.key': key }, 'me.key has no me.cert'],
  ['another name', { 'me.cert': one, 'you.key': key }, 'me.cert has no me.key'],
  ['a certificate that is none', { 'me.cert': 's3cret', 'me.key': key }, 'me.cert is not a certificate in PEM'],
  ['a key that is none', { 'me.cert': one, 'me.key': 's3cret' }, 'me.key is not a key in PEM without a passphrase'],
  ['the key of another', { 'me.cert': one, 'me.key': key }, 'me.key is not the key of me.cert'],
])('%s is refused', async (_, files, problem) => {
  const attempt = read(files)
  await expect(attempt).rejects.toMatchObject({
    code: 'tls',
    message: `the certificates cannot be used: ${problem}`,
    hint: expect.not.stringContaining('s3cret'),
  })
})

test('who gives a certificate without a key is told how an authority is named', async () => {
  await expect(read({ 'ca.cert': one })).rejects.toMatchObject({ hint: expect.stringContaining('*.crt') })
})

test('a file where the folder should be is an error', async () => {
  await expect(readCertificateFolder(import.meta.filename, () => {})).rejects.toMatchObject({ code: 'io' })
})
