import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** Names every test that was skipped and why, and closes with the counts on a line of their own. */
export class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap(module => [...module.children.allTests()])
    const skipped = tests.filter(test => test.result().state === 'skipped')
    if (skipped.length > 0) process.stdout.write(`\nSkipped:\n${skipped.map(line).join('')}`)
    const count = (state: string) => tests.filter(test => test.result().state === state).length
    const failed =
      count('failed') + modules.filter(module => module.state() === 'failed' && module.errors().length > 0).length
    process.stdout.write(`\n${count('passed')} passed, ${failed} failed, ${skipped.length} skipped\n`)
  }
}

function line(test: TestCase): string {
  const result = test.result()
  const reason = 'note' in result && result.note ? `: ${result.note}` : ''
  return `  ${test.module.relativeModuleId} > ${test.fullName}${reason}\n`
}

// vitest takes a reporter file's default export
// biome-ignore lint/style/noDefaultExport: vitest asks for it
export default SkipReporter
