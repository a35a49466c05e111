export { type Policy, type PolicyRequirement, parsePolicy, readPolicy } from './policy.ts'
export { type PolicyIdentity, pathIdentity, registryIdentity, requirementsFor, requireTrust } from './require-trust.ts'
