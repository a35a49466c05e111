import type { Fault } from '../services/fault.ts'

/** What a fault does to a request, in the words that expectations are given in. */
export type Sort =
  /** Nothing reached the server. */
  | 'unreached'
  /** The server says "not now". */
  | 'busy'
  | 'refused'
  /** The request breaks off, or is changed, on its way. */
  | 'broken-request'
  | 'wrong-request'
  /** It was applied, and nobody said so. */
  | 'unanswered'
  /** The answer breaks off and shows it. */
  | 'broken-answer'
  /** The answer is whole and wrong. */
  | 'wrong-answer'
  | 'slow'

/** How large a request of some kind and its answer are. */
export interface Sizes {
  readonly requestBytes: number
  readonly responseBytes: number
  readonly isHead: boolean
}

export interface WireFault {
  readonly name: string
  readonly sort: Sort
  /** Whether it befalls one request only, or this one and all after it. */
  readonly times: 1 | undefined
  readonly fault: Fault
}

const page = '<html><body>Please log in to the network</body></html>'
const html = { 'content-type': 'text/html' }
const seconds = (count: number) => ({ 'retry-after': String(count) })

const everywhere: readonly (readonly [name: string, sort: Sort, fault: Fault])[] = [
  ['reset', 'unreached', { reset: true }],
  ['silence', 'unreached', { silent: true }],
  ['429', 'busy', { status: 429 }],
  ['429, Retry-After 1', 'busy', { status: 429, headers: seconds(1) }],
  ['500', 'busy', { status: 500 }],
  ['502', 'busy', { status: 502, headers: html, body: page }],
  ['503', 'busy', { status: 503 }],
  ['503, Retry-After 1', 'busy', { status: 503, headers: seconds(1) }],
  ['504', 'busy', { status: 504 }],
  ['401', 'refused', { status: 401 }],
  ['403', 'refused', { status: 403 }],
  ['lost answer', 'unanswered', { lost: true }],
  ['lost answer, and silence', 'unanswered', { lostInSilence: true }],
  ['garbage', 'wrong-answer', { garbage: '\u0015\u0003\u0001\u0000\u0002\u0002\u0016 no HTTP at all\r\n\r\n' }],
  ['another page', 'wrong-answer', { status: 200, headers: html, body: page }],
]

/** First, middle and last byte of so many. */
function places(bytes: number): readonly (readonly [string, number])[] {
  if (bytes === 0) return []
  const all = [
    ['first', 0],
    ['middle', Math.floor(bytes / 2)],
    ['last', bytes - 1],
  ] as const
  return all.filter(([, at], index) => all.findIndex(([, other]) => other === at) === index)
}

function placed({ requestBytes, responseBytes, isHead }: Sizes): readonly (readonly [string, Sort, Fault])[] {
  const down = isHead ? 0 : responseBytes
  return [
    ...places(requestBytes).flatMap(([name, at]): [string, Sort, Fault][] => [
      [`request cut at its ${name} byte`, 'broken-request', { cutUp: at }],
      [`request changed at its ${name} byte`, 'wrong-request', { corruptUp: at }],
    ]),
    ...places(requestBytes)
      .slice(1, 2)
      .map(([name, at]): [string, Sort, Fault] => [`silence at the ${name} byte`, 'broken-request', { hangUp: at }]),
    ...places(down).flatMap(([name, at]): [string, Sort, Fault][] => [
      [`answer cut at its ${name} byte`, 'broken-answer', { cutDown: at }],
      [`answer ends at its ${name} byte`, 'broken-answer', { endDown: at }],
      [`answer changed at its ${name} byte`, 'wrong-answer', { corrupt: at }],
      [`answer said to be complete at its ${name} byte`, 'wrong-answer', { truncate: at }],
    ]),
    ...places(down)
      .slice(0, 2)
      .map(([name, at]): [string, Sort, Fault] => [
        `answer falls silent at its ${name} byte`,
        'broken-answer',
        { hangDown: at },
      ]),
    ...(down === 0 ? [] : ([['slow answer', 'slow', { bytesPerSecond: down * 2 }]] as [string, Sort, Fault][])),
  ]
}

/** Where a part of an object is asked for. */
const ranged: readonly (readonly [string, Sort, Fault])[] = [
  ['Range ignored', 'wrong-answer', { withoutHeader: 'range' }],
  ['wrong Content-Range', 'wrong-answer', { answerHeaders: { 'content-range': 'bytes 1-2/3' } }],
]

/** What goes on for as long as the copy does. */
const lasting: ReadonlySet<string> = new Set(['reset', 'silence', '429', '503', '401', '403', 'lost answer', 'garbage'])

/** All that can befall a request of such sizes. */
export function wireFaults(kind: string, sizes: Sizes): WireFault[] {
  const once = [...everywhere, ...placed(sizes), ...(kind.includes('+range') ? ranged : [])]
  return [
    ...once.map(([name, sort, fault]) => ({ name, sort, times: 1 as const, fault })),
    { name: 'refused connections', sort: 'unreached', times: 1, fault: { refuseMilliseconds: 30 } },
    ...everywhere
      .filter(([name]) => lasting.has(name))
      .map(([name, sort, fault]) => ({ name: `${name}, for good`, sort, times: undefined, fault })),
    {
      name: 'refused connections, for good',
      sort: 'unreached',
      times: undefined,
      fault: { refuseMilliseconds: Number.POSITIVE_INFINITY },
    },
  ]
}
