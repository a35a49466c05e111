import { startCeph } from '../services/start-ceph.ts'
import { sdkClient } from '../stores/s3-place.ts'
import { killAndResume } from '../stores/s3-resume.ts'
import { print } from './print.ts'

// A layer of 6 GiB goes to a bucket in Ceph, is killed in the middle and resumed: `npm run proof:s3-resume`.
const layerBytes = 6 * 1024 ** 3

await using ceph = await startCeph({ keep: 'disk' })
await sdkClient(ceph).createBucket({ Bucket: 'resume' })
const report = await killAndResume(ceph, { bucket: 'resume', layerBytes })
const mebibytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`
print(
  `parts: ${report.parts}, stored when killed: ${report.storedBeforeKill}, of these sent again: ${report.sentAgain}`,
)
print(`up in the first run: ${mebibytes(report.bytes.firstUp)}, in the second: ${mebibytes(report.bytes.secondUp)}`)
print(`up more than the layer has: ${mebibytes(report.bytes.firstUp + report.bytes.secondUp - layerBytes)}`)
print(`down in both: ${mebibytes(report.bytes.down)}`)
print(`memory of the second run at most: ${mebibytes(report.peakBytes)}`)
process.exitCode = report.sentAgain <= 2 ? 0 : 1
