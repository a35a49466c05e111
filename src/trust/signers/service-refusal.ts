import { type ErrorCode, LadingError } from '../../errors/index.ts'

/** What a key management service says no with. */
export interface Refusal {
  /** For messages: `AWS KMS`. */
  readonly service: string
  /** The key, as the user named it. */
  readonly name: string
  readonly status: number
  /** The service's own word and sentence for it. */
  readonly said: string
  /** The permission that is needed, and how to see who asks. */
  readonly permission: string
  /** How to get credentials that are believed. */
  readonly login: string
  /** Where the status does not say what it is. */
  readonly kind?: 'absent' | 'unusable' | 'credentials' | 'permission' | undefined
}

/** The refusal as an error: who is asking, what they lack, or what is wrong with the key. */
export function serviceRefusal(refusal: Refusal): LadingError {
  const { service, name, status, said, permission, login, kind = kindOf(status) } = refusal
  const fail = (code: ErrorCode, message: string, hint?: string) =>
    new LadingError(code, `${message}${said === '' ? '' : `: ${said}`}`, {
      operation: 'ask for key',
      subject: name,
      status,
      hint,
    })
  switch (kind) {
    case 'credentials':
      return fail('unauthorized', `${service} does not accept the credentials`, login)
    case 'permission':
      return fail('denied', `${service} does not allow this`, permission)
    case 'absent':
      return fail(
        'bad-key',
        `${service} has no such key`,
        'check its name, and the account, project or vault that is asked',
      )
    case 'unusable':
      return fail(
        'bad-key',
        `${service} cannot sign with this key`,
        'it must be enabled, and made for signing with an asymmetric algorithm',
      )
    case undefined:
      return status === 429
        ? fail('rate-limited', `${service} takes no more requests for now`)
        : fail(status >= 500 ? 'server-error' : 'protocol-error', `${service} answers ${status}`)
  }
}

function kindOf(status: number): Refusal['kind'] {
  return { 401: 'credentials', 403: 'permission', 404: 'absent' }[status] as Refusal['kind']
}
