import { LadingError } from '../errors/index.ts'
import { keepPasswordOf } from '../errors/known-secrets.ts'
import { isLoopback, matchesNoProxy } from './no-proxy.ts'

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The proxy that the environment names for a URL, or `undefined` for a direct connection.
 *
 * HTTP_PROXY, HTTPS_PROXY and NO_PROXY as the containers tools read them: upper case before lower case, never for this machine
 * itself, and no ALL_PROXY.
 *
 * @throws LadingError `bad-argument` where the variable is not the URL of an HTTP proxy
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const variable = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const value = read(environment, variable)
  if (value === undefined || isLoopback(url.hostname)) return undefined
  if (matchesNoProxy(url, read(environment, 'NO_PROXY') ?? '')) return undefined
  return parseProxy(value, variable)
}

function read(environment: Environment, name: string): string | undefined {
  return environment[name] || environment[name.toLowerCase()] || undefined
}

function parseProxy(value: string, variable: string): URL {
  const text = value.includes('://') ? value : `http://${value}`
  const proxy = URL.canParse(text) ? new URL(text) : undefined
  // The value may hold a password, so it is not repeated in the message.
  if (proxy === undefined || !['http:', 'https:'].includes(proxy.protocol)) {
    throw new LadingError('bad-argument', `the environment variable ${variable} is not the URL of an HTTP proxy`, {
      hint: `set ${variable} to http://HOST:PORT or https://HOST:PORT; other kinds of proxy are not supported`,
    })
  }
  keepPasswordOf(proxy)
  return proxy
}
