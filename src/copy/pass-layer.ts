import { createDraft } from '../streams/index.ts'
import type { TakeLayer } from '../transports/index.ts'

/** Lets a layer go by: for who wants to know of a source that is read once what it is made of, and nothing more. */
export const passLayer: TakeLayer = async ({ digest, body }) => {
  if (digest !== undefined) return digest
  const draft = createDraft(body)
  for await (const _ of draft.read());
  return draft.digest()
}
