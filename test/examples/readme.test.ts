import { execFile } from 'node:child_process'
import { cp, readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { lading, newFolder } from '../e2e/lading.ts'
import { checkout } from '../structure/source-files.ts'

const readme = await readFile(path.join(checkout, 'README.md'), 'utf8')
const shellLines = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(match => (match[1] ?? '').trim().split('\n'))

/** The arguments of every `npx lading …` in the README, in its order. */
const commands = shellLines
  .map(line => /npx lading (.*)$/.exec(line)?.[1]?.split(' '))
  .filter(words => words !== undefined)

async function folderWithExample(): Promise<string> {
  const folder = await newFolder()
  await cp(path.join(checkout, 'examples/hello'), path.join(folder, 'examples/hello'), { recursive: true })
  return folder
}

test('the commands of the README do what it says, one after the other', async () => {
  const cwd = await folderWithExample()
  const outputs: string[] = []
  for (const words of commands) {
    // Docker Hub is no part of a test: the image that is here stands for its.
    const line = words.map(word => (word === 'alpine' ? 'oci:examples/hello:v1' : word))
    const { code, stdout, stderr } = await lading(line, { cwd })
    expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: '' })
    outputs.push(stdout)
  }
  expect(outputs).toHaveLength(4)
  expect(outputs[1]).toBe('hello:v1\n')
  expect(outputs[2]).toMatch(/\nlinux\/amd64\n(.*\n)*linux\/arm64\n/)
})

test('the program of the README runs', async () => {
  const cwd = await folderWithExample()
  const [, program = ''] = /^```ts\n(.*?)^```/ms.exec(readme) ?? []
  const source = program.replace("'lading'", JSON.stringify(path.join(checkout, 'src/index.ts')))
  const args = ['--input-type=module', '--eval', `${source}console.log(digest, bytes.copied)`]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd })
  expect(stdout).toMatch(/^sha256:[0-9a-f]{64} \d+\n$/)
})
