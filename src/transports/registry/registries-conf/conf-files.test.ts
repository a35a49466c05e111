import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { type ConfSearch, readConfFiles } from './conf-files.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'registries-conf-'))
})

const user = 'home/.config/containers/'

async function write(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true })
    await writeFile(path.join(root, name), `# ${name}`)
  }
}

/** What is read, in order. Each file says its own name, so that content and path are seen to belong together. */
async function read(search: Partial<ConfSearch> = {}): Promise<string[]> {
  const files = await readConfFiles({
    folders: { administrator: path.join(root, 'etc'), distribution: path.join(root, 'usr') },
    ...search,
    environment: { HOME: path.join(root, 'home'), ...search.environment },
  })
  return files.map(file => {
    const name = path.relative(root, file.path)
    expect(file.content).toBe(`# ${name}`)
    return name
  })
}

test('where there is none', async () => {
  expect(await read()).toEqual([])
})

test("the administrator's file comes before the distribution's, and drop-ins follow in the order of their names", async () => {
  await write('usr/registries.conf', 'usr/registries.conf.d/00.conf', 'usr/registries.conf.d/20.conf')
  expect(await read()).toEqual([
    'usr/registries.conf',
    'usr/registries.conf.d/00.conf',
    'usr/registries.conf.d/20.conf',
  ])
  await write('etc/registries.conf', 'etc/registries.conf.d/20.conf', 'etc/registries.conf.d/10.conf')
  await write('etc/registries.conf.d/README', 'etc/registries.conf.d/below/30.conf', `${user}registries.conf.d/05.conf`)
  expect(await read()).toEqual([
    'etc/registries.conf',
    'usr/registries.conf.d/00.conf',
    'etc/registries.conf.d/10.conf',
    'etc/registries.conf.d/20.conf',
    `${user}registries.conf.d/05.conf`,
  ])
})

test("the user's own file leaves out all of the system's", async () => {
  await write('etc/registries.conf', 'etc/registries.conf.d/10.conf')
  await write(`${user}registries.conf`, `${user}registries.conf.d/10.conf`)
  expect(await read()).toEqual([`${user}registries.conf`, `${user}registries.conf.d/10.conf`])
})

test('one that is named takes the place of the first, and the option counts before the environment', async () => {
  await write('etc/registries.conf', 'etc/registries.conf.d/10.conf', `${user}registries.conf`, 'mine.conf', 'env.conf')
  const environment = { CONTAINERS_REGISTRIES_CONF: path.join(root, 'env.conf') }
  expect(await read({ environment })).toEqual(['env.conf', 'etc/registries.conf.d/10.conf'])
  const registriesConf = path.join(root, 'mine.conf')
  expect(await read({ environment, registriesConf })).toEqual(['mine.conf', 'etc/registries.conf.d/10.conf'])
})

test('one that is named and absent is an error', async () => {
  const registriesConf = path.join(root, 'absent.conf')
  await expect(read({ registriesConf })).rejects.toMatchObject({ code: 'bad-config', subject: registriesConf })
})

test('one that cannot be read is an error', async () => {
  await mkdir(path.join(root, 'etc/registries.conf'), { recursive: true })
  await expect(read()).rejects.toMatchObject({ code: 'io', subject: path.join(root, 'etc/registries.conf') })
})
