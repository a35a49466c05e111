import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { digestOf } from '../../model/digest.ts'
import { openTestContext } from '../../testing/registry-context.ts'
import { containerdDriver, type DockerScript, startScriptedDocker } from '../../testing/scripted-docker.ts'
import type { TransportContext } from '../transport.ts'
import { openDockerDaemonDestination } from './destination.ts'
import { parseDockerDaemonReference } from './reference.ts'
import { openDockerDaemonSource } from './source.ts'

const app = parseDockerDaemonReference('docker-daemon:app:v1')
let context: TransportContext

beforeEach(() => {
  const opened = openTestContext()
  context = opened.context
  onTestFinished(() => opened[Symbol.asyncDispose]())
})

async function daemon(script: DockerScript = {}) {
  const server = await startScriptedDocker(script)
  onTestFinished(() => server[Symbol.asyncDispose]())
  context = { ...context, daemonHost: server.origin }
  return server
}

const digest = digestOf(new Uint8Array())

test('a daemon that is not there says where it should be and what to do', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'lading-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const host = `unix://${folder}/docker.sock`
  await expect(openDockerDaemonSource(app, { ...context, daemonHost: host })).rejects.toMatchObject({
    code: 'daemon-unavailable',
    message: `Docker does not answer at ${host}`,
    hint: 'is it running? Start it, or set DOCKER_HOST to where it listens',
  })
})

test('a port that nobody listens at', async () => {
  const server = await daemon()
  await server[Symbol.asyncDispose]()
  await expect(openDockerDaemonSource(app, context)).rejects.toMatchObject({ code: 'daemon-unavailable' })
})

test('what is no Docker', async () => {
  await daemon({ api: '' })
  await expect(openDockerDaemonSource(app, context)).rejects.toMatchObject({
    code: 'daemon-unavailable',
    message: expect.stringContaining('is not Docker'),
  })
})

test.each([
  ['1.24', '/v1.24/info'],
  ['1.41', '/v1.41/info'],
  ['1.99', '/v1.51/info'],
])('a daemon of API %s is asked at %s', async (api, expected) => {
  const server = await daemon({ api })
  await openDockerDaemonSource(app, context)
  expect(server.log).toEqual(['GET /_ping', `GET ${expected}`])
})

test('TLS where the daemon speaks none', async () => {
  const server = await daemon()
  context = { ...context, daemonHost: `tcp://${server.host}` }
  await expect(openDockerDaemonSource(app, context)).rejects.toMatchObject({
    code: 'tls',
    hint: expect.stringContaining('http://'),
  })
})

test('what a daemon gives itself cannot be written', async () => {
  await daemon()
  for (const text of [`docker-daemon:${digest}`, `docker-daemon:app@${digest}`]) {
    await expect(openDockerDaemonDestination(parseDockerDaemonReference(text), context)).rejects.toMatchObject({
      code: 'bad-argument',
    })
  }
})

test.each([
  [{ api: '1.41' }, ['none', 'gzip']],
  [{ api: '1.42' }, ['none', 'gzip', 'zstd']],
  [{ api: '1.41', headers: { 'libpod-api-version': '4.3.1' } }, ['none', 'gzip', 'zstd']],
  [{ api: '1.41', driver: containerdDriver }, ['none', 'gzip', 'zstd']],
])('%j takes layers as %j', async (given, layers) => {
  await daemon(given)
  expect((await openDockerDaemonDestination(app, context)).traits.layers).toEqual(layers)
})
