import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: './test/run-folder.ts',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Most of them wait for servers and programs most of the time.
    maxWorkers: 2,
    reporters: ['default', './scripts/skip-reporter.ts'],
  },
})
