import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * A scanner that looks whether the layout it is given is whole (every blob under its digest, with its size, one image) and then does what a test tells it.
 * Trivy's options are read as Trivy reads them, as far as they are used.
 */
const program = `
const { createHash } = require('node:crypto')
const { readFileSync, readdirSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const told = JSON.parse(readFileSync(__filename + '.json', 'utf8'))
const args = process.argv.slice(2)
if (args.includes('--version')) {
  console.log(told.version)
  process.exit(0)
}
const value = name => args.findLast(word => word.startsWith(name + '='))?.slice(name.length + 1)
const layout = value('--input') ?? args.find(word => word.startsWith('oci-dir:'))?.slice('oci-dir:'.length)
const read = file => readFileSync(path.join(layout, file))
const blob = ({ digest, size }) => {
  const bytes = read(path.join('blobs', ...digest.split(':')))
  if (bytes.length !== size) throw new Error('wrong size: ' + digest)
  if ('sha256:' + createHash('sha256').update(bytes).digest('hex') !== digest) throw new Error('wrong content: ' + digest)
  return bytes
}
if (JSON.parse(read('oci-layout')).imageLayoutVersion !== '1.0.0') throw new Error('no layout')
const { manifests } = JSON.parse(read('index.json'))
if (manifests.length !== 1) throw new Error('several images')
const manifest = JSON.parse(blob(manifests[0]))
const { os, architecture } = JSON.parse(blob(manifest.config))
manifest.layers.forEach(blob)
const blobs = readdirSync(path.join(layout, 'blobs/sha256')).length
if (blobs !== manifest.layers.length + 2) throw new Error('there is more than the image')
writeFileSync(__filename + '.seen', JSON.stringify({ args, layout, digest: manifests[0].digest, platform: os + '/' + architecture, environment: process.env.TMPDIR }))
for (const line of told.says ?? []) process.stderr.write(line)
if (told.hangs) setInterval(() => {}, 1000)
else {
  process.stdout.write((told.report ?? '').replaceAll('LAYOUT', layout))
  process.exitCode = told.exit === 'found' ? Number(value('--exit-code')) : told.exit ?? 0
}
`

export interface StandIn {
  /** What it prints for --version. */
  readonly version?: string
  /** What it prints; LAYOUT is the path that it was given. */
  readonly report?: string
  /** On stderr. */
  readonly says?: readonly string[]
  /** `found`: what its --exit-code says. */
  readonly exit?: number | 'found'
  readonly hangs?: boolean
}

/** The bytes of the scanner as one file. */
export const standInProgram = `#!${process.execPath}\n${program}`

/** Puts a stand-in of this name into the folder. `seen` is the file that it writes once the layout was found whole. */
export async function writeStandIn(folder: string, name: 'trivy' | 'syft', told: StandIn): Promise<{ seen: string }> {
  await mkdir(folder, { recursive: true })
  const file = path.join(folder, name)
  await writeFile(file, standInProgram)
  await chmod(file, 0o755)
  await tellStandIn(file, told)
  return { seen: `${file}.seen` }
}

/** Tells one that is there, or will be installed there, what to do. */
export async function tellStandIn(file: string, told: StandIn): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(`${file}.json`, JSON.stringify({ version: 'Version: 0.75.0', ...told }))
}
