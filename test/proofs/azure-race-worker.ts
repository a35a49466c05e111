import { createInterface } from 'node:readline'
import { openAzure } from '../stores/open-azure.ts'
import { type Race, race } from './tag-race.ts'

// One of several processes that race for tags: `node azure-race-worker.ts CONTAINER SETTINGS NAME`. A race a line, an outcome a line.
const [container = '', settings = '', name = ''] = process.argv.slice(2)
await using store = await openAzure(container, JSON.parse(settings))
process.stdout.write('ready\n')
for await (const line of createInterface(process.stdin)) {
  const wanted: Race = JSON.parse(line)
  process.stdout.write(`${JSON.stringify(await race(store, name, wanted))}\n`)
}
