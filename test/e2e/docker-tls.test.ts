import { copyFile, readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { close, listen } from '../../src/testing/listen.ts'
import { openTestContext } from '../../src/testing/registry-context.ts'
import { openDockerDaemonSource } from '../../src/transports/docker-daemon/source.ts'
import { makeCertificate } from '../services/certificate.ts'
import { describeWithServices } from '../services/describe-with-services.ts'
import { newFolder } from './lading.ts'

const image = { transport: 'docker-daemon', name: 'docker.io/library/app:v1' } as const

describeWithServices(['openssl'], 'a Docker daemon that asks for a certificate', () => {
  /** One certificate is authority, server and client in one. */
  async function daemon(): Promise<{ host: string; folder: string }> {
    const folder = await newFolder()
    const { certificateFile, keyFile } = await makeCertificate(folder, 'cert')
    const [cert, key] = await Promise.all([readFile(certificateFile), readFile(keyFile)])
    const server = createServer({ cert, key, ca: cert, requestCert: true, rejectUnauthorized: true }, (_, response) => {
      response.writeHead(200, { 'api-version': '1.41' }).end('{}')
    })
    const host = await listen(server)
    onTestFinished(() => close(server))
    return { host, folder }
  }

  async function open(environment: Record<string, string>, daemonHost?: string, certDir?: string) {
    await using test = openTestContext()
    const source = await openDockerDaemonSource(image, { ...test.context, environment, daemonHost, certDir })
    return source.traits.order
  }

  test('is reached with DOCKER_CERT_PATH, and its certificate is checked', async () => {
    const { host, folder } = await daemon()
    const environment = { DOCKER_HOST: `tcp://${host}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder }
    // without ca.pem the certificate is signed by nobody
    await expect(open(environment)).rejects.toMatchObject({ code: 'tls' })
    await copyFile(path.join(folder, 'cert.pem'), path.join(folder, 'ca.pem'))
    await copyFile(path.join(folder, 'cert.key'), path.join(folder, 'key.pem'))
    expect(await open(environment)).toBe('once')
    expect(await open({ DOCKER_CERT_PATH: folder }, `tcp://${host}`)).toBe('once')
    expect(await open({}, `tcp://${host}`, folder)).toBe('once')
  })

  test('is not reached without one', async () => {
    const { host } = await daemon()
    const environment = { DOCKER_HOST: `tcp://${host}`, DOCKER_CERT_PATH: '/nowhere' }
    await expect(open(environment)).rejects.toMatchObject({ hint: expect.stringContaining('DOCKER_CERT_PATH') })
  })
})
