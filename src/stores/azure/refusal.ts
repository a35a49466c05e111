import type { Tried } from '../../errors/index.ts'

/** An answer of 400 and above, as the SDK throws it: recognised by its form, so that nothing is loaded for it. */
export interface Refusal {
  readonly name: 'RestError'
  readonly message: string
  readonly statusCode?: number | undefined
  readonly code?: string | undefined
  readonly response?: { readonly headers: { get(name: string): string | undefined } } | undefined
}

/** How `sdk-http.ts` tells in an answer what was tried before it was given up. */
export const triedHeader = 'lading-tried'

/** What was tried before this was given up. */
export function triedOf({ response }: Refusal): Tried | undefined {
  const text = response?.headers.get(triedHeader)
  return text === undefined ? undefined : JSON.parse(text)
}

export function isRefusal(error: unknown, ...codes: readonly string[]): error is Refusal {
  if (!(error instanceof Error) || error.name !== 'RestError') return false
  // By its name it is the SDK's own class, of which these are properties.
  const refusal = error as Error & Refusal
  return codes.length === 0 || codes.includes(refusalCode(refusal))
}

/** `ContainerNotFound`: the header says it also where there is no body, as for HEAD. Empty where nobody says it. */
export function refusalCode({ code, response }: Refusal): string {
  return response?.headers.get('x-ms-error-code') ?? code ?? ''
}

/**
 * Whether a condition was not met. 409 means that only with BlobAlreadyExists, and 412 does not where it speaks of leases.
 */
export function isLost(error: unknown): boolean {
  if (!isRefusal(error)) return false
  const code = refusalCode(error)
  return code === 'BlobAlreadyExists' || (error.statusCode === 412 && !code.startsWith('Lease'))
}

/** Whether the bytes that came were others than their MD5 says. Azurite has no code of its own for that. */
export function isChangedOnTheWay(error: unknown): boolean {
  return isRefusal(error, 'Md5Mismatch') || (isRefusal(error, 'InvalidOperation') && /contentMD5/.test(error.message))
}

/** Whether it is the object that is not there, and not its container. */
export function isAbsent(error: unknown): boolean {
  return isRefusal(error, 'BlobNotFound')
}
