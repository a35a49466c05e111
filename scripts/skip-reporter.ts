import type { Reporter, TestCase, TestModule } from 'vitest/node'

/**
 * Names every test that was skipped and why, and closes with the counts on a line of their own.
 *
 * A file that cannot be loaded, a hook that throws and an error that nobody awaited are failures like that of a test: vitest
 * counts the tests behind a failed `beforeAll` as skipped, so they say nothing about it.
 */
export class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap(module => [...module.children.allTests()])
    const withState = (state: string) => tests.filter(test => test.result().state === state)
    const suites = modules.flatMap(module => [module, ...module.children.allSuites()])
    const failures = [withState('failed'), suites.flatMap(suite => suite.errors()), unhandledErrors]
    const failed = failures.reduce((sum, list) => sum + list.length, 0)
    const skipped = withState('skipped')
    if (skipped.length > 0) process.stdout.write(`\nSkipped:\n${skipped.map(line).join('')}`)
    process.stdout.write(`\n${withState('passed').length} passed, ${failed} failed, ${skipped.length} skipped\n`)
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
