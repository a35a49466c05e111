import type { IHasher } from 'hash-wasm'
import { LadingError } from '../errors/index.ts'
import { createDigester, type Digest, type DigestAlgorithm, type Digester, digestParts } from '../model/digest.ts'

/** Content as its descriptor names it. */
export interface Content {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

/** What takes less time than this is read again: a digest that can be saved costs six times what the platform's own does. */
const worthSavingMs = 3000
/** What is read before that is decided. */
const trialBytes = 32 * 1024 * 1024
/** Algorithm, bytes seen, and the library's own state. */
const savedForm = /^(sha256|sha512):(\d{1,15}):([A-Za-z0-9+/=]{1,400})$/

interface Seen {
  readonly offset: number
  readonly own?: Digester
  readonly saved?: IHasher
}

/**
 * The digest of content on its way, which another process can go on with: node:crypto does not give the state of a digest away, hash-wasm does.
 *
 * Where it is to be kept, both go along in the beginning. Then, where the content comes so fast that reading it again costs little, the
 * slower one is given up.
 */
export class ResumableDigest {
  readonly #content: Content
  readonly #clock: () => number
  readonly #began: number
  #own: Digester | undefined
  #saved: IHasher | undefined
  #offset: number

  private constructor(content: Content, { offset, own, saved }: Seen, clock = () => performance.now()) {
    this.#content = content
    this.#clock = clock
    this.#began = clock()
    this.#own = own
    this.#saved = saved
    this.#offset = offset
  }

  /** One whose state is not kept. */
  static plain(content: Content): ResumableDigest {
    return new ResumableDigest(content, { offset: 0, own: createDigester(algorithmOf(content)) })
  }

  static async kept(content: Content, clock?: () => number): Promise<ResumableDigest> {
    const algorithm = algorithmOf(content)
    const saved = (await createHasher(algorithm)).init()
    return new ResumableDigest(content, { offset: 0, own: createDigester(algorithm), saved }, clock)
  }

  /** @returns `undefined` where `state` is of no use: of other content, or of another release of the library */
  static async resumed(content: Content, state: string): Promise<ResumableDigest | undefined> {
    const [, algorithm, written, encoded] = savedForm.exec(state) ?? []
    const offset = Number(written)
    if (encoded === undefined || algorithm !== algorithmOf(content) || offset > content.size) return undefined
    const hasher = await createHasher(algorithm)
    try {
      return new ResumableDigest(content, { offset, saved: hasher.load(Buffer.from(encoded, 'base64')) })
    } catch {
      return undefined
    }
  }

  /** Bytes that it has seen. */
  get offset(): number {
    return this.#offset
  }

  update(chunk: Uint8Array): void {
    this.#own?.update(chunk)
    this.#saved?.update(chunk)
    this.#offset += chunk.byteLength
    if (this.#own !== undefined && this.#saved !== undefined && this.#offset >= trialBytes) this.#decide()
  }

  /** What another process goes on from. `undefined`: that is not worth its while. */
  state(): string | undefined {
    const state = this.#saved?.save()
    return state && `${algorithmOf(this.#content)}:${this.#offset}:${Buffer.from(state).toString('base64')}`
  }

  /** Of all bytes so far. It is used up. */
  digest(): Digest {
    return this.#own?.digest() ?? `${algorithmOf(this.#content)}:${this.#saved?.digest('hex')}`
  }

  /** Makes another one that has seen the same bytes, whenever it is called. */
  snapshot(): () => Promise<ResumableDigest> {
    const content = this.#content
    const state = this.state()
    const own = this.#own?.copy()
    const offset = this.#offset
    if (state === undefined)
      return async () => new ResumableDigest(content, { offset, ...(own && { own: own.copy() }) })
    return async () => {
      const again = await ResumableDigest.resumed(content, state)
      if (again === undefined)
        throw new LadingError('internal', 'the state of a digest that was kept is not understood')
      return again
    }
  }

  #decide(): void {
    const msPerByte = (this.#clock() - this.#began) / this.#offset
    if (msPerByte * this.#content.size < worthSavingMs) this.#saved = undefined
    else this.#own = undefined
  }
}

function algorithmOf({ digest }: Content): DigestAlgorithm {
  return digestParts(digest).algorithm
}

async function createHasher(algorithm: DigestAlgorithm): Promise<IHasher> {
  const { createSHA256, createSHA512 } = await import('hash-wasm')
  return await (algorithm === 'sha256' ? createSHA256() : createSHA512())
}
