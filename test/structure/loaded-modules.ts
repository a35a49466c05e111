import { execFile } from 'node:child_process'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { checkout } from './source-files.ts'

export interface LoadedModules {
  /** Of the checkout, by path. */
  readonly files: readonly string[]
  /** npm packages, by name. */
  readonly packages: readonly string[]
  /** Node's own, as `node:…`. */
  readonly builtins: readonly string[]
}

/** Runs a program under this Node to a success, and tells every module that it loaded. */
export async function loadedModules(program: string, args: readonly string[] = []): Promise<LoadedModules> {
  const list = path.join(await mkdtemp(path.join(temporaryFolder(), 'modules-')), 'loaded')
  await writeFile(list, '')
  const recorder = import.meta.resolve('./record-modules.ts')
  const env = { ...process.env, LADING_LOADED_MODULES: list, NODE_OPTIONS: '' }
  await promisify(execFile)(process.execPath, ['--import', recorder, program, ...args], { env })
  const urls = [...new Set((await readFile(list, 'utf8')).split('\n'))]
  const paths = urls.filter(url => url.startsWith('file:')).map(url => path.relative(checkout, fileURLToPath(url)))
  return {
    files: paths.filter(file => packageOf(file) === undefined).sort(),
    packages: [...new Set(paths.flatMap(file => packageOf(file) ?? []))].sort(),
    builtins: urls.filter(url => url.startsWith('node:')).sort(),
  }
}

function packageOf(file: string): string | undefined {
  return /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(file.replaceAll(path.sep, '/'))?.[1]
}
