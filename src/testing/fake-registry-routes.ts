import { type Answer, type Call, refuse } from './fake-registry-answer.ts'
import { answerBlob, answerContent } from './fake-registry-blobs.ts'
import { answerManifest, answerReferrers, answerTags } from './fake-registry-manifests.ts'
import { continueUpload, startUpload } from './fake-registry-uploads.ts'

const nameGrammar = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/

export function isRepositoryName(text: string): boolean {
  return nameGrammar.test(text)
}

interface Route {
  readonly pattern: RegExp
  readonly methods: readonly string[]
  readonly answer: (call: Call, reference: string) => Answer | Promise<Answer>
}

const routes: readonly Route[] = [
  { pattern: /^\/v2\/(.+)\/blobs\/uploads\/?()$/, methods: ['POST'], answer: startUpload },
  {
    pattern: /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/,
    methods: ['GET', 'PATCH', 'PUT', 'DELETE'],
    answer: continueUpload,
  },
  { pattern: /^\/v2\/(.+)\/blobs\/([^/]+)$/, methods: ['GET', 'HEAD', 'DELETE'], answer: answerBlob },
  { pattern: /^\/v2\/(.+)\/manifests\/([^/]+)$/, methods: ['GET', 'HEAD', 'PUT', 'DELETE'], answer: answerManifest },
  { pattern: /^\/v2\/(.+)\/tags\/list()$/, methods: ['GET'], answer: answerTags },
  { pattern: /^\/v2\/(.+)\/referrers\/([^/]+)$/, methods: ['GET'], answer: answerReferrers },
  { pattern: /^\/content\/(.+)\/([^/]+)$/, methods: ['GET'], answer: answerContent },
]

/** Which route a path takes, and what it names. */
export function findRoute(pathname: string): (Route & { name: string; reference: string }) | undefined {
  for (const route of routes) {
    const [, name, reference] = route.pattern.exec(pathname) ?? []
    if (name !== undefined && reference !== undefined) return { ...route, name, reference }
  }
  return undefined
}

/** The quirks that answer whatever is there. */
export function quirkyAnswer(route: Route, { method, quirks }: Call): Answer | undefined {
  if (method === 'HEAD' && quirks.headStatus !== undefined) {
    return refuse(quirks.headStatus, 'UNSUPPORTED', 'HEAD is not supported')
  }
  if (route.answer === answerManifest && method === 'GET' && quirks.pullLimitReached) {
    // as Docker Hub answers: https://docs.docker.com/docker-hub/usage/pulls/
    const limits = { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600' }
    return refuse(429, 'TOOMANYREQUESTS', 'You have reached your pull rate limit.', {
      ...limits,
      'retry-after': '3600',
    })
  }
  return undefined
}

/** The scopes of the token specification: a mount also pulls from where the blob is. */
export function needsOf(name: string, method: string, url: URL): string[] {
  const from = url.searchParams.get('from')
  if (method === 'GET' || method === 'HEAD') return [`repository:${name}:pull`]
  if (method === 'DELETE' && !url.pathname.includes('/uploads/')) return [`repository:${name}:delete`]
  const own = [`repository:${name}:pull`, `repository:${name}:push`]
  return from === null ? own : [...own, `repository:${from}:pull`]
}
