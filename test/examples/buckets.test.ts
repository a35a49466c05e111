import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { library } from '../../src/cli/library.ts'
import { runLading } from '../cli/run-lading.ts'
import { newFolder } from '../e2e/lading.ts'
import { checkout } from '../structure/source-files.ts'

const page = await readFile(path.join(checkout, 'docs/buckets.md'), 'utf8')

function block(language: string): string {
  return new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(page)?.[1] ?? ''
}

/** A bucket for that of the page. */
async function bucketWith(config: string): Promise<string> {
  const folder = await newFolder()
  await writeFile(path.join(folder, 's3lo.yaml'), config)
  return `local://${folder}/`
}

test('the configuration of the page holds for an image as the page says', async () => {
  const bucket = await bucketWith(block('yaml'))
  const [, words = '', shown = ''] = /^```console\n\$ lading (config get .*?)\n(.*?)^```/ms.exec(page) ?? []
  const line = words.replace('s3://my-bucket/', bucket).split(' ')
  const { stdout } = await runLading(line, { library })
  expect(stdout.replaceAll(bucket, 's3://my-bucket/')).toBe(shown)
})

test('the commands of the page are taken', async () => {
  const bucket = await bucketWith('')
  const lines = page.split('\n').filter(line => line.startsWith('lading config set '))
  expect(lines).toHaveLength(5)
  for (const line of lines) {
    const words = line.replace(/ +#.*/, '').replaceAll("'", '').replace('s3://my-bucket/', bucket).split(' ')
    expect(await runLading(words.slice(1), { library })).toMatchObject({ exit: 0, stderr: '' })
  }
  const { stdout } = await runLading(['config', 'get', bucket, '--output', 'json'], { library })
  expect(JSON.parse(stdout)).toEqual({
    bucket,
    default: { keepLast: 10, maxAge: '90d' },
    images: [{ name: 'dev/*', keepLast: 3, maxAge: '7d' }],
  })
})
