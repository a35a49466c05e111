import { describe, expect, onTestFinished, test } from 'vitest'
import { openHttpTestClient } from '../testing/http-test-client.ts'
import { type Script, startScriptedServer } from '../testing/scripted-server.ts'
import { RegistrySession } from './registry-session.ts'

async function ask(script: Script): Promise<number> {
  const server = await startScriptedServer(script)
  onTestFinished(() => server[Symbol.asyncDispose]())
  const client = openHttpTestClient()
  onTestFinished(() => client[Symbol.asyncDispose]())
  const credentials = { problems: [], find: async () => undefined }
  const session = new RegistrySession({ http: client.http, registry: server.host, credentials })
  const response = await session.request({ method: 'GET', target: '/v2/', access: [] })
  await response.discard()
  return response.status
}

describe('the first request to a registry on this machine, which may speak HTTPS or not,', () => {
  test('is sent again where it breaks off, in the scheme that the registry speaks', async () => {
    let count = 0
    const answered = ask((request, response) => {
      if (count++ === 0) request.raw.socket.destroy()
      else response.end()
    })
    expect(await answered).toBe(200)
  })

  test('fails as broken off where it does every time, and not for want of TLS', async () => {
    await expect(ask(request => void request.raw.socket.destroy())).rejects.toMatchObject({ code: 'network' })
  })
})
