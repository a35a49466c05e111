import { LadingError } from '../../errors/index.ts'

/** The operation that errors about attachments at the destination name: another format of the image helps against none of them. */
export const attaching = 'attach'

/** The same error of something that is attached: the image itself is well, and can be copied without. */
export function attachmentError(error: LadingError, operation = error.operation): LadingError {
  if (error.hint === withoutAttachments) return error
  const { code, side, subject, status, retryAfterMs, tried } = error
  return new LadingError(code, `what is attached to the image: ${error.message}`, {
    operation,
    side,
    subject,
    status,
    retryAfterMs,
    tried,
    hint: withoutAttachments,
    cause: error,
  })
}

const withoutAttachments = 'copy the image without what is attached to it: --no-referrers'
