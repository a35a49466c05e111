import { isLadingError } from '../../src/errors/index.ts'
import { openStore } from '../../src/stores/index.ts'

// One of several processes that write to a store at once: `node local-store-worker.ts ROOT TASK NAME`.
const [root = '', task, name = ''] = process.argv.slice(2)
await using store = await openStore({ scheme: 'local', root })
const encode = (text: string) => new TextEncoder().encode(text)

async function read(key: string): Promise<{ text: string; etag: string }> {
  const { info, body } = await store.get(key)
  const chunks = await Array.fromAsync(body)
  return { text: Buffer.concat(chunks).toString(), etag: info.etag ?? '' }
}

/** Whether it was done, and not too late. */
async function inTime(write: Promise<unknown>): Promise<boolean> {
  try {
    await write
    return true
  } catch (error) {
    if (isLadingError(error, 'precondition-failed')) return false
    throw error
  }
}

async function create(): Promise<void> {
  const won: number[] = []
  for (let i = 0; i < 40; i++) {
    if (await inTime(store.put(`created/${i}`, encode(name), { ifNoneMatch: '*' }))) won.push(i)
  }
  process.stdout.write(JSON.stringify(won))
}

async function count(): Promise<void> {
  for (let done = 0; done < 15; ) {
    const { text, etag } = await read('count')
    if (await inTime(store.put('count', encode(String(Number(text) + 1)), { ifMatch: etag }))) done++
  }
}

async function putAndDelete(): Promise<void> {
  for (let i = 0; i < 30; i++) {
    await store.put('neighbours/same', encode('same content'))
    await store.put(`neighbours/deep/${name}/x`, encode(name))
    await store.delete(`neighbours/deep/${name}/x`)
    await store.delete('neighbours/same')
  }
  await store.put('neighbours/same', encode('same content'))
}

/** Until it is killed: objects whose every byte says which version it is. */
async function overwrite(): Promise<void> {
  for (let version = 0; ; version = (version + 1) % 26) {
    await store.put('victim/replaced', Buffer.alloc(1_500_000, 97 + version))
    await store.put(`victim/created/${name}-${Date.now()}`, Buffer.alloc(1_500_000, 97 + version), { ifNoneMatch: '*' })
    await store.delete('victim/deleted')
    if (version === 0) process.stdout.write('running')
  }
}

switch (task) {
  case 'create':
    await create()
    break
  case 'count':
    await count()
    break
  case 'put-and-delete':
    await putAndDelete()
    break
  case 'overwrite':
    await overwrite()
    break
  default:
    throw new Error(`there is no task ${task}`)
}
