export { createHttpClient, type HttpClientOptions, type HttpSettings } from './create-http-client.ts'
export type {
  HttpClient,
  HttpMethod,
  HttpRequest,
  HttpResponse,
  Pause,
  RequestEvent,
  RetryEvent,
  ServerRoute,
} from './http-client.ts'
export { speaksNoTls } from './network-failure.ts'
export { isLoopback } from './no-proxy.ts'
export { redactText } from './redact.ts'
