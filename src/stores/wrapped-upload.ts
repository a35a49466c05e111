import type { Upload } from './object-store.ts'

/** The same upload; what its calls throw passes through `run`. */
export function wrappedUpload(upload: Upload, run: <T>(action: () => Promise<T>) => Promise<T>): Upload {
  const abort = () => run(() => upload.abort())
  if (upload.kind === 'file')
    return { ...upload, abort, finish: (signal?: AbortSignal) => run(() => upload.finish(signal)) }
  return {
    ...upload,
    abort,
    request: part => run(() => upload.request(part)),
    finish: (parts, signal) => run(() => upload.finish(parts, signal)),
  }
}
