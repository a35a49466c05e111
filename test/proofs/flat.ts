import { flatCopies } from '../flat/flat-copies.ts'
import { print } from './print.ts'

/**
 * Small copies in one process through the library, and what it holds between them: the second half may hold no more than the first.
 * `node --expose-gc flat.ts [COPIES]`
 */
const copies = Number(process.argv[2] ?? 10_000)
const mebibytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`

/** How much more the most of the second half may be than the most of the first. */
const tolerance = { descriptors: 4, sockets: 2, threads: 2, heapBytes: 8 * 1024 ** 2, residentBytes: 48 * 1024 ** 2 }

const began = performance.now()
const samples = await flatCopies({
  copies,
  sampleEvery: copies / 20,
  onSample: ({ copies: done, descriptors, sockets, threads, heapBytes, residentBytes }) =>
    print(
      `${done} copies: ${descriptors} descriptors, ${sockets} sockets, ${threads} threads, heap ${mebibytes(heapBytes)}, resident ${mebibytes(residentBytes)}`,
    ),
})
const half = samples.length / 2
print(`${copies} copies in ${((performance.now() - began) / 1000).toFixed(0)} s`)
for (const [name, allowed] of Object.entries(tolerance)) {
  const key = name as keyof typeof tolerance
  const most = (part: typeof samples) => Math.max(...part.map(sample => sample[key]))
  const growth = most(samples.slice(half)) - most(samples.slice(0, half))
  const text = key.endsWith('Bytes') ? mebibytes : String
  print(`${name}: ${text(growth)} more in the second half than in the first, ${text(allowed)} allowed`)
  if (growth > allowed) process.exitCode = 1
}
