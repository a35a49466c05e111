import { expect, onTestFinished, test } from 'vitest'
import { LadingError } from '../errors/index.ts'
import { buildIndex } from '../testing/build-image.ts'
import { startScriptedServer } from '../testing/scripted-server.ts'
import { inspectImage } from './inspect-image.ts'

test('interrupted in a platform is interrupted, not a platform with a problem', async () => {
  const image = buildIndex({ 'linux/amd64': {}, 'linux/arm64': {} })
  const abort = new AbortController()
  const server = await startScriptedServer(({ method, path }, response) => {
    if (path.includes('sha256') && !path.endsWith(image.root.digest))
      return abort.abort(new LadingError('interrupted', 'Ctrl-C'))
    const bytes = image.blobs.get(image.root.digest) ?? Buffer.alloc(0)
    response.writeHead(200, { 'content-type': image.root.mediaType, 'content-length': bytes.byteLength })
    response.end(method === 'HEAD' ? undefined : bytes)
  })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const inspected = inspectImage(`${server.host}/app:v1`, { signal: abort.signal })
  await expect(inspected).rejects.toMatchObject({ code: 'interrupted' })
})
