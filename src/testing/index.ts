/** The contracts of lading as tests, for those who write a store or a transport, and what the tests stand on. */
export { type BuiltImage, buildImage, buildIndex, type ImageRecipe, type IndexRecipe } from './build-image.ts'
export { type FakeRegistry, startFakeRegistry } from './fake-registry.ts'
export type { RegistryQuirks } from './fake-registry-quirks.ts'
export { objectStoreSuite } from './object-store-suite.ts'
export { RepositoryClient, registryChecks } from './registry-suite.ts'
export { type TransportPlace, type TransportSuiteOptions, transportSuite } from './transport-suite.ts'
export { writeLayout } from './write-layout.ts'
