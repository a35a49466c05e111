import { onTestFinished } from 'vitest'
import type { HttpClientOptions } from '../../src/http/create-http-client.ts'
import type { HttpResponse } from '../../src/http/http-client.ts'
import { readAll } from '../../src/streams/index.ts'
import { type HttpTestClient, openHttpTestClient } from '../../src/testing/http-test-client.ts'
import { type Script, type ScriptedServer, startScriptedServer } from '../../src/testing/scripted-server.ts'

/** A server that goes with the test that started it. */
export async function serve(script: Script): Promise<ScriptedServer> {
  const server = await startScriptedServer(script)
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

/** A client that goes with the test that opened it. */
export function client(options: HttpClientOptions = {}): HttpTestClient {
  const opened = openHttpTestClient(options)
  onTestFinished(() => opened[Symbol.asyncDispose]())
  return opened
}

export async function text(response: HttpResponse): Promise<string> {
  return new TextDecoder().decode(await readAll(response.body, 1 << 20, 'the answer'))
}
