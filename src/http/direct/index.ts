export { NotSimple } from './direct-connection.ts'
export { DirectPool, maxConnections } from './direct-pool.ts'
export type { DirectRequest } from './direct-request.ts'
export type { ResponseHead } from './response-head.ts'
