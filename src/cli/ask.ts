import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { LadingError } from '../errors/index.ts'
import type { CommandContext } from './context.ts'

/** Asks on the terminal, on stderr so that stdout stays for results. Without `echo` nothing that is typed is shown. */
export async function ask(
  question: string,
  echo: boolean,
  { stdin, stderr, signal }: Pick<CommandContext, 'stdin' | 'stderr' | 'signal'>,
): Promise<string> {
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (echo) stderr.write(chunk)
      done()
    },
  })
  const lines = createInterface({ input: stdin(), output, terminal: true })
  // the terminal is in raw mode, where Ctrl-C is a key: pass it on as the signal it stands for
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  if (!echo) stderr.write(question)
  try {
    // readline draws the question again at each key, so where it shows the line it must know it
    return await lines.question(echo ? question : '', { signal })
  } catch (cause) {
    if (signal.aborted) throw signal.reason
    // Ctrl-D
    throw new LadingError('bad-argument', 'nothing was entered', { cause })
  } finally {
    lines.close()
    if (!echo) stderr.write('\n')
  }
}
