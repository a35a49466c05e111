import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { TextOutput } from '../../test/cli/text-output.ts'
import { ask } from './ask.ts'
import { Interruption } from './interrupt.ts'

/** Asks, with the keys pressed as soon as the question stands there. */
async function answer(keys: string, echo: boolean, signal = new AbortController().signal) {
  const stdin = new PassThrough()
  const stderr = new TextOutput()
  // readline needs no more of a terminal than a stream that it may not switch to raw mode
  const asked = ask('What: ', echo, { stdin: () => stdin as unknown as NodeJS.ReadStream, stderr, signal })
  stdin.write(keys)
  return { text: await asked, shown: stderr.text }
}

describe('ask', () => {
  test('shows what is typed', async () => {
    const { text, shown } = await answer('me\r', true)
    expect(text).toBe('me')
    expect(shown).toContain('What: ')
    expect(shown).toContain('me')
  })

  test('shows nothing of a password but the question', async () => {
    expect(await answer('s3cret\r', false)).toEqual({ text: 's3cret', shown: 'What: \n' })
  })

  test('takes Ctrl-D for no answer', async () => {
    await expect(answer('\u0004', false)).rejects.toMatchObject({
      code: 'bad-argument',
      message: 'nothing was entered',
    })
  })

  test('ends when the run is interrupted', async () => {
    const signal = AbortSignal.abort(new Interruption('SIGINT'))
    await expect(answer('', false, signal)).rejects.toMatchObject({ code: 'interrupted' })
  })
})
