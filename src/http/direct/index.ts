export { NotSimple } from './direct-connection.ts'
export { DirectPool } from './direct-pool.ts'
export type { DirectRequest } from './direct-request.ts'
export type { ResponseHead } from './response-head.ts'
