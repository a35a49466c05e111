import * as v from 'valibot'
import { LadingError } from '../../../errors/index.ts'
import { readJson } from '../../../model/read-json.ts'
import { type Environment, findProgram } from '../../../transports/programs/find-program.ts'
import { runProgram } from '../../../transports/programs/run-program.ts'
import type { ProviderCommand } from './provider-config.ts'

const answerSchema = v.looseObject({
  keywrapresults: v.nullish(v.looseObject({ annotation: v.nullish(v.string()) })),
  keyunwrapresults: v.nullish(v.looseObject({ optsdata: v.nullish(v.string()) })),
})

const base64Text = v.pipe(v.string(), v.base64())

/** What is wanted of a provider; `given` is what the user has said to it. */
export interface ProviderRequest {
  readonly operation: 'keywrap' | 'keyunwrap'
  readonly bytes: Uint8Array
  readonly provider: string
  readonly given: readonly string[]
}

/**
 * Has a program wrap a key, or open a wrapped one: ocicrypt, docs/keyprovider.md. It is told what was said to it, and nothing of other keys.
 *
 * @throws LadingError `program-not-found`, `program-failed`
 */
export async function callProvider(
  { path, args }: ProviderCommand,
  request: ProviderRequest,
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { operation, bytes, provider, given } = request
  const program = path.includes('/') ? path : await findProgram(path, environment)
  if (program === undefined) {
    throw new LadingError('program-not-found', `the program ${path} of the key provider ${provider} is not installed`)
  }
  const parameters = { Parameters: { [provider]: given.map(word => base64(Buffer.from(word))) } }
  const document =
    operation === 'keywrap'
      ? {
          op: operation,
          keywrapparams: { ec: { ...parameters, DecryptConfig: { Parameters: null } }, optsdata: base64(bytes) },
        }
      : { op: operation, keyunwrapparams: { dc: parameters, annotation: base64(bytes) } }
  const input = Buffer.from(JSON.stringify(document))
  const answer = await runProgram({ program, args, environment, signal, input })
  const result = readAnswer(answer, operation)
  if (result === undefined) {
    throw new LadingError('program-failed', `the key provider ${provider} gave no answer to ${operation}`, {
      subject: path,
      hint: 'it has to print what the protocol of ocicrypt asks for',
    })
  }
  return result
}

function readAnswer(answer: Uint8Array, operation: ProviderRequest['operation']): Uint8Array | undefined {
  try {
    const { keywrapresults, keyunwrapresults } = v.parse(answerSchema, readJson(answer))
    const text = operation === 'keywrap' ? keywrapresults?.annotation : keyunwrapresults?.optsdata
    // Node skips what is no base64: a key that nobody can unwrap would be stored as the layer's own.
    return text ? Buffer.from(v.parse(base64Text, text), 'base64') : undefined
  } catch {
    return undefined
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
