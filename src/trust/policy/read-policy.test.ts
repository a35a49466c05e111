import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type PolicyChoice, readPolicy } from './read-policy.ts'

const folder = await mkdtemp(path.join(tmpdir(), 'lading-trust-'))
afterAll(() => rm(folder, { recursive: true }))

const reject = '{"default":[{"type":"reject"}]}'

/** A home whose policy is made by `make`. */
async function homeWith(
  name: string,
  make: (file: string) => Promise<unknown>,
): Promise<{ HOME: string; file: string }> {
  const HOME = path.join(folder, name)
  await mkdir(path.join(HOME, '.config/containers'), { recursive: true })
  const file = path.join(HOME, '.config/containers/policy.json')
  await make(file)
  return { HOME, file }
}

describe('a policy', () => {
  test('is that of the user where no other is named', async () => {
    const { file, ...environment } = await homeWith('user', one => writeFile(one, reject))
    expect(await readPolicy({}, environment)).toMatchObject({ file, policy: { default: [{ type: 'reject' }] } })
    const own = path.join(folder, 'own.json')
    await writeFile(own, '{"default":[{"type":"insecureAcceptAnything"}]}')
    const named = await readPolicy({ file: own }, environment)
    expect(named).toMatchObject({ file: own, policy: { default: [{ type: 'insecureAcceptAnything' }] } })
    expect(await readPolicy('accept-anything', environment)).toBeUndefined()
  })

  test('that is named must be there', async () => {
    const file = path.join(folder, 'missing')
    const choice: PolicyChoice = { file }
    await expect(readPolicy(choice, {})).rejects.toMatchObject({
      code: 'bad-config',
      message: 'no such file or directory',
      subject: file,
    })
  })

  test.each<[string, (file: string) => Promise<unknown>]>([
    ['is malformed', file => writeFile(file, '{')],
    [
      'has something twice',
      file => writeFile(file, `${reject.slice(0, -1)},"default":[{"type":"insecureAcceptAnything"}]}`),
    ],
    ['is a directory', file => mkdir(file)],
    ['is a link that leads nowhere', file => symlink('/nowhere/policy.json', file)],
    ['is a link to itself', file => symlink(file, file)],
    ['is too large', file => writeFile(file, reject + ' '.repeat(5 * 1024 * 1024))],
  ])('of the user that %s is an error: no other is read', async (name, make) => {
    const { file, ...environment } = await homeWith(name.replaceAll(' ', '-'), make)
    await expect(readPolicy({}, environment)).rejects.toMatchObject({ code: 'bad-config' })
  })
})
