/** Whether a SAS token had expired at a time. One with a stored access policy (`si`) does not say. */
export function isSasExpired(token: string, now: number): boolean {
  const expiry = Date.parse(new URLSearchParams(token).get('se') ?? '')
  return expiry <= now
}

/** What a SAS token says about itself that is no secret: its signature is. */
export function explainSas(token: string): string {
  const fields = new URLSearchParams(token)
  const permissions = fields.get('sp')
  const expiry = fields.get('se')
  const policy = fields.get('si')
  return [
    permissions === null ? 'the one in use names no permissions' : `the one in use gives ${permissions}`,
    ...(expiry === null ? [] : [`until ${expiry}`]),
    ...(policy === null ? [] : [`and what the policy ${policy} says`]),
  ].join(' ')
}
