import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * What the licenses of bundled packages ask to be kept: the text of each, with the package's name and version.
 *
 * @throws Error where a package comes without one
 */
export async function thirdPartyNotices(checkout: string, bundled: readonly string[]): Promise<string> {
  const folders = new Set(bundled.flatMap(file => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))
  const notices = await Promise.all([...folders].sort().map(folder => noticeOf(path.join(checkout, folder))))
  return `The program is bundled with these packages.\n\n${notices.join('\n')}`
}

async function noticeOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8'))
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter(entry => entry.isFile() && /^(licen[cs]e|notice|copying)/i.test(entry.name))
    .map(entry => path.join(entry.parentPath, entry.name))
    .filter(file => !path.relative(folder, file).includes('node_modules'))
  if (files.length === 0) throw new Error(`${name} ${version} has no file with its license, and cannot be bundled`)
  const texts = await Promise.all(files.sort().map(file => readFile(file, 'utf8')))
  return `${'='.repeat(80)}\n${name} ${version} (${license})\n\n${texts.map(text => text.trim()).join('\n\n')}\n`
}
