import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { digestOf, digestParts } from '../../src/model/digest.ts'

const folder = path.join(import.meta.dirname, 'corpus')

/** Inputs that were wrong once, or that lead where nothing else does. */
export async function readCorpus(target: string): Promise<readonly Uint8Array[]> {
  const names = await readdir(path.join(folder, target)).catch(() => [])
  return Promise.all(names.sort().map(name => readFile(path.join(folder, target, name))))
}

/** Keeps an input, and gives the name of its file. */
export async function keepInput(target: string, input: Uint8Array): Promise<string> {
  const name = path.join(folder, target, `${digestParts(digestOf(input)).hex.slice(0, 16)}.input`)
  await mkdir(path.dirname(name), { recursive: true })
  await writeFile(name, input)
  return name
}
