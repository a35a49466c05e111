import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type ManyOptions, manyProcesses, runProgram } from '../cleaning/many-processes.ts'
import { startCeph } from '../services/start-ceph.ts'
import { temporaryFolder } from '../services/temporary-folder.ts'
import { environmentOf, sdkClient } from '../stores/s3-place.ts'
import { print } from './print.ts'

/**
 * Many processes copy images that share layers into one bucket, and delete tags, while one clean follows the other; then every byte of what
 * is left is read. `node many.ts [SECONDS] [local|ceph] [PROCESSES]`. A clean keeps for a minute what a push may count on, and so what
 * is deleted is deleted after two.
 */
const [given, place, processes = '32'] = process.argv.slice(2)
const folder = await mkdtemp(path.join(temporaryFolder(), 'many-'))
// Without sources beside it, it runs what was built.
const checkout = path.join(import.meta.dirname, '../..')
const program = path.join(folder, 'bin/lading.js')
await mkdir(path.dirname(program))
await copyFile(path.join(checkout, 'bin/lading.js'), program)
await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }')
await symlink(path.join(checkout, 'dist'), path.join(folder, 'dist'))
const rules = 'default: { keep_history: 1 }\n'

if (place !== 'ceph') {
  const root = path.join(folder, 'bucket')
  await mkdir(path.join(root, 'blobs'), { recursive: true })
  await writeFile(path.join(root, 's3lo.yaml'), rules)
  await proof('local', `local://${root}//`, {}, given ?? '240')
}
if (place !== 'local') {
  await using ceph = await startCeph()
  const sdk = sdkClient(ceph)
  await sdk.createBucket({ Bucket: 'many' })
  await sdk.putObject({ Bucket: 'many', Key: 's3lo.yaml', Body: rules })
  await proof('Ceph', 's3://many/', environmentOf(ceph, path.join(folder, 'cache')), given ?? '420')
}
await rm(folder, { recursive: true, force: true })

async function proof(name: string, bucket: string, env: ManyOptions['env'], seconds: string): Promise<void> {
  const report = await manyProcesses({
    bucket,
    env,
    program,
    layout: path.join(folder, 'layout'),
    processes: Number(processes),
    seconds: Number(seconds),
    turnSeconds: 20,
    clean: () => clean(bucket, env),
  })
  const { copies, deletions, cleans, blobsDeleted, tagsChecked, faults } = report
  print(`${name}: ${processes} processes, ${report.seconds} s: ${copies} copies, ${deletions} deletions of tags done`)
  print(`${name}: ${cleans} cleans beside them, ${blobsDeleted} blobs deleted`)
  print(`${name}: ${tagsChecked} tags read with every byte, ${faults.length} errors`)
  for (const fault of faults.slice(0, 10)) print(fault)
  if (faults.length > 0 || blobsDeleted === 0 || tagsChecked === 0) process.exitCode = 1
}

async function clean(bucket: string, env: ManyOptions['env']): Promise<number> {
  const words = ['clean', bucket, '--confirm', '--grace', '0', '--keep-trash', '0', '--output', 'json']
  const { code, stdout, stderr } = await runProgram(words, { env, program })
  if (code !== 0) throw new Error(`${code}: ${stderr.trim()}`)
  return JSON.parse(stdout).blobs.removed.count
}
