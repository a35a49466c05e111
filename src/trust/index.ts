export { type Policy, readPolicy } from './policy.ts'
export { type PolicyIdentity, pathIdentity, registryIdentity, requireTrust } from './require-trust.ts'
