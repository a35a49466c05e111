import type { ErrorCode } from '../../src/errors/index.ts'
import type { MatrixCase } from './fault-matrix.ts'
import type { Sort } from './wire-faults.ts'

type End = 'succeeds' | ErrorCode

/** What may come of a fault that befalls one request: it is tried again, unless the server has refused it. */
const ofOnce: Readonly<Record<Exclude<Sort, 'refused'>, readonly End[]>> = {
  unreached: ['succeeds'],
  busy: ['succeeds'],
  'broken-request': ['succeeds'],
  'wrong-request': ['succeeds'],
  unanswered: ['succeeds'],
  'broken-answer': ['succeeds'],
  'wrong-answer': ['succeeds'],
  slow: ['succeeds'],
}

/** What must come of one that goes on. */
const ofLasting: readonly (readonly [fault: RegExp, ends: readonly End[]])[] = [
  [/^(reset|refused connections|lost answer)/, ['network']],
  [/^silence/, ['timeout']],
  [/^429/, ['rate-limited']],
  [/^503/, ['server-error']],
  [/^401/, ['unauthorized']],
  [/^403/, ['denied']],
  [/^garbage/, ['network', 'protocol-error']],
]

interface Exception {
  readonly path?: RegExp
  readonly kind?: RegExp
  readonly fault: RegExp
  readonly ends: readonly End[]
  readonly why: string
}

/** Where it is otherwise. The first that fits counts. */
const exceptions: readonly Exception[] = [
  {
    kind: /lading\/uploads\/sha256-/,
    fault: /./,
    ends: ['succeeds'],
    why: 'what another process has kept spares work, where it can be read and written',
  },
  {
    kind: /[?&]mount=|rewriteTo|\+copy/,
    fault: /^(4|50|another page)/,
    ends: ['succeeds', 'unauthorized', 'denied', 'rate-limited', 'server-error', 'protocol-error'],
    why: 'what cannot be shared within a server is moved, unless moving it is refused too',
  },
  {
    path: /^(from|to)(?!.*stream)/,
    kind: /\{large\}/,
    fault: /^40[13]$/,
    ends: ['succeeds', 'unauthorized', 'denied', 'protocol-error'],
    why: 'a lane that is refused leaves the blob to the stream, which asks anew',
  },
  {
    kind: /\+range/,
    fault: /^(Range ignored|wrong Content-Range)/,
    ends: ['succeeds', 'unauthorized', 'denied', 'protocol-error', 'size-mismatch'],
    why: 'where the range is signed, a request without it is refused',
  },
  {
    path: /^from(?!.*stream).*after a break/,
    fault: /, for good|^40[13]/,
    ends: [
      'succeeds',
      'network',
      'timeout',
      'unauthorized',
      'denied',
      'rate-limited',
      'server-error',
      'protocol-error',
    ],
    why: 'the stream begins anew, and asks for no range',
  },
  {
    kind: /^GET .*\/uploads\/\{id\}/,
    fault: /, for good|^40[13]|^another page/,
    ends: [
      'succeeds',
      'network',
      'timeout',
      'unauthorized',
      'denied',
      'rate-limited',
      'server-error',
      'protocol-error',
    ],
    why: 'where nobody says how far an upload came, another is begun',
  },
  {
    path: /^in /,
    kind: /^GET .*\+range/,
    fault: /^answer/,
    ends: ['succeeds', 'network', 'timeout', 'protocol-error', 'size-mismatch'],
    why: 'who reads an object asks for the rest, not the store',
  },
  {
    kind: /\{large\}\?se&sig/,
    fault: /, for good/,
    ends: ['succeeds', 'network', 'timeout', 'rate-limited', 'server-error'],
    why: 'the stream asks in another way',
  },
  {
    kind: /oci-layout/,
    fault: /^(40|429|503|another page)/,
    ends: ['succeeds', 'unauthorized', 'denied', 'rate-limited', 'server-error', 'protocol-error'],
    why: 'it is written for other tools, where it can be',
  },
  {
    kind: /comp=blocklist|uploadId$|uploadType=multipart/,
    fault: /^request changed/,
    ends: ['succeeds', 'protocol-error', 'network'],
    why: 'a list of parts that cannot be read is refused, and says no more',
  },
  {
    kind: /^(HEAD .*\/blobs\/sha256\/|GET .*(prefix&uploads|uploadId|comp=blocklist|\/blobs\/sha256\/\{(small|large)\}\?fields))/,
    fault: /^(40[13]|429|503|another page|garbage, for good)/,
    ends: ['succeeds', 'unauthorized', 'denied', 'rate-limited', 'server-error', 'protocol-error', 'network'],
    why: 'whoever may write and not read writes without the question',
  },
  {
    kind: /^DELETE .*\/leases\//,
    fault: /./,
    ends: ['succeeds'],
    why: 'a lease that stays expires, and the image is there',
  },
  {
    kind: /^PUT .*manifest\.json/,
    fault: /^lost answer/,
    ends: ['succeeds'],
    why: 'that it was written is seen by reading it',
  },
  {
    path: /Azurite/,
    fault: /^40[13]/,
    ends: ['protocol-error'],
    why: 'Azure names its requests in every answer: what does not is not Azure',
  },
  {
    path: /Google/,
    fault: /^40[13]/,
    ends: ['unauthorized', 'denied'],
    why: 'without credentials both say that there are none',
  },
  {
    path: /S3|Ceph/,
    fault: /^401/,
    ends: ['denied'],
    why: 'S3 has no 401',
  },
  {
    path: /S3|Ceph/,
    fault: /^503, for good/,
    ends: ['rate-limited'],
    why: 'it is how S3 says SlowDown',
  },
  {
    path: /S3|Ceph|Google|Azurite/,
    fault: /^(another page|answer (changed|said to be complete))/,
    ends: ['succeeds', 'protocol-error', 'bad-manifest', 'blob-not-found', 'size-mismatch', 'digest-mismatch'],
    why: 'the answer is a document without a digest: one that says something else is an error, or harmless',
  },
  {
    path: /registry/,
    fault: /^another page/,
    ends: ['succeeds', 'protocol-error', 'blob-not-found', 'digest-mismatch'],
    why: 'who stands in between and answers 200 is found out by what was not done',
  },
  {
    kind: /^PUT .*\/manifests\//,
    fault: /^request changed/,
    ends: ['succeeds', 'manifest-refused', 'blob-not-found'],
    why: 'a registry that cannot read a manifest says no more than that it does not take it',
  },
]

/** How a case may end. */
export function expectedEnds({ path, kind, fault: { name, sort, times } }: MatrixCase): readonly End[] {
  const other = exceptions.find(
    exception =>
      (exception.path?.test(path) ?? true) && (exception.kind?.test(kind) ?? true) && exception.fault.test(name),
  )
  if (other !== undefined) return other.ends
  if (sort === 'refused') return [name.startsWith('401') ? 'unauthorized' : 'denied']
  if (times === 1) return ofOnce[sort]
  return ofLasting.find(([fault]) => fault.test(name))?.[1] ?? []
}
