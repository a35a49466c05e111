import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { DirectPool } from '../../src/http/direct/direct-pool.ts'
import type { DirectRequest } from '../../src/http/direct/direct-request.ts'
import { newFolder } from '../e2e/lading.ts'
import { makeCertificate } from '../services/certificate.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { serveBlob } from './blob-server.ts'
import { serveRaw } from './raw-server.ts'

const content = randomBytes(3 * 1024 * 1024)

async function pemOf(name: string): Promise<{ readonly cert: string; readonly key: string }> {
  const { certificateFile, keyFile } = await makeCertificate(await newFolder(), name)
  return { cert: await readFile(certificateFile, 'utf8'), key: await readFile(keyFile, 'utf8') }
}

async function get(url: string, given: Partial<DirectRequest> = {}): Promise<Buffer> {
  const chunks: Buffer[] = []
  using pool = new DirectPool()
  const request = { url, headers: {}, tlsVerify: true, route: undefined, ...given }
  const taker = { head: () => true, bytes: (chunk: Uint8Array) => chunks.push(Buffer.from(chunk)) > 0 }
  await pool.get(request, taker, new AbortController().signal)
  return Buffer.concat(chunks)
}

describeWithServices(['openssl'], 'a server with TLS', () => {
  test('of an authority that is given is read', async () => {
    const tls = await pemOf('server')
    const { url } = await serveBlob(content, undefined, { tls })
    expect((await get(url, { route: { ca: tls.cert } })).equals(content)).toBe(true)
    expect((await get(url, { route: { moreCa: [tls.cert] } })).equals(content)).toBe(true)
    const byName = url.replace('127.0.0.1', 'localhost')
    expect((await get(byName, { route: { ca: tls.cert } })).equals(content)).toBe(true)
  })

  test('of an unknown authority is refused, unless nobody cares', async () => {
    const { url, questions } = await serveBlob(content, undefined, { tls: await pemOf('server') })
    await expect(get(url)).rejects.toMatchObject({ code: 'tls' })
    expect(questions).toEqual([])
    expect((await get(url, { tlsVerify: false })).equals(content)).toBe(true)
  })

  test('that wants a certificate is shown it', async () => {
    const [tls, client] = await Promise.all([pemOf('server'), pemOf('client')])
    const strict = { ...tls, ca: client.cert, requestCert: true, rejectUnauthorized: true }
    const { url } = await serveBlob(content, undefined, { tls: strict })
    expect((await get(url, { route: { ca: tls.cert, ...client } })).equals(content)).toBe(true)
    await expect(get(url, { route: { ca: tls.cert } })).rejects.toMatchObject({
      code: expect.stringMatching(/tls|network/),
    })
  })

  test('whose certificate that is given is none is told so', async () => {
    const { url } = await serveBlob(content, undefined, { tls: await pemOf('server') })
    await expect(get(url, { route: { cert: 'nonsense', key: 'nonsense' } })).rejects.toMatchObject({ code: 'tls' })
  })

  test('that speaks plain HTTP is told so', async () => {
    const server = await serveRaw(() => {}, { connected: socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') })
    await expect(get(server.origin.replace('http:', 'https:'))).rejects.toMatchObject({ code: 'tls' })
  })
})
