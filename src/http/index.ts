export { Congestion } from './congestion.ts'
export { createHttpClient, type HttpClientOptions, type HttpSettings } from './create-http-client.ts'
export type { DirectRequest } from './direct/direct-request.ts'
export type {
  HttpClient,
  HttpMethod,
  HttpRequest,
  HttpResponse,
  Pause,
  RequestEvent,
  RetryEvent,
} from './http-client.ts'
export { speaksNoTls } from './network-failure.ts'
export { isLoopback } from './no-proxy.ts'
export { proxyFor } from './proxy.ts'
export { isDoubtful, requireHarmless } from './reach.ts'
export { redactText, redactUrl } from './redact.ts'
export { redirected } from './redirect.ts'
export { damagedAttempts, defaultRetryPolicy, isTransientStatus, parseRetryAfter, retryDelay } from './retry.ts'
export type { ServerRoute } from './server-route.ts'
export type { Timeouts } from './timeouts.ts'
