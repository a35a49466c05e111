import { parseRegistriesD } from '../../../src/transports/registry/registries-d/parse-registries-d.ts'
import { parseImageSignature } from '../../../src/trust/image-signature.ts'
import { describeUnverified } from '../../../src/trust/simple-signing/describe-unverified.ts'
import { readPublicKeys } from '../../../src/trust/simple-signing/read-public-keys.ts'
import { parseSimplePayload } from '../../../src/trust/simple-signing/simple-payload.ts'
import { verifySimpleSignature } from '../../../src/trust/simple-signing/verify-simple-signature.ts'
import { type FuzzTarget, jsonSeeds, textSeeds } from '../target.ts'

const plain = Buffer.from(
  'xA0DAAoWT/nVteF9HcgBy8A2YgBrAmkZeyJjcml0aWNhbCI6eyJpZGVudGl0eSI6eyJkb2NrZXItcmVmZXJlbmNlIjoiYS9iOjEifSwiaW1hZ2UiOnsiZG9ja2VyLW1hbmlmZXN0LWRpZ2VzdCI6InNoYTI1NjphYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhIn0sInR5cGUiOiJhdG9taWMgY29udGFpbmVyIHNpZ25hdHVyZSJ9LCJvcHRpb25hbCI6eyJjcmVhdG9yIjoiYyIsInRpbWVzdGFtcCI6MX19wrsEABYKAG0FgmsCaRkJEE/51bXhfR3IRRQAAAAAABwAIHNhbHRAbm90YXRpb25zLm9wZW5wZ3Bqcy5vcmftJ8eEC7WMCodHCqRaeNB8d7Dvfwy3F+EBVS90ZdJIhxYhBB29d7x1GuD37vxrZ0/51bXhfR3IAACEgwD/QQb+81/4xFCANhjTYNMrTxiMkXfeZvbFuvTnDIJ3cGYBAJNw2YNMVDRRNfyPUFTp/49SKT0d1L+/VI3zDZii8ewC',
  'base64',
)
const compressed = Buffer.from(
  'owE7wsvMwCXm//Pq1oe1sicYTx8wS2LIZsqUrFZKLsosyUxOzFGyqlbKTEnNK8ksqQSxU/KTs1OLdItS01KLUvOSU5WslBL1k6wMlWp1lDJzE9NTkRTlJuZlpqUWl+imZKanFpcoWSkVZyQamZpZJVIIQJaVVBaALS/Jz81MVkjOzytJzMxLLVIozkzPSywpLUoFKcovKMnMz4P4IrkoNbEkv0jJSilZSUepJDM3tbgkMbdAycqwtvbQbhYGMS6GXNYmkO85BWAh4irCAAIyDArFiTklDnn5JYkgA4v18gtS8wrSC7KK9fKL0t+qH2/h3trD1e7OtSSq4kJN+Yb39TzbxR8yhuqXpF7yaBdTZJHdW76nVOrB93d/stNhhjMwtDQz/Hdk+/c5/seRgAYzicsJl7X9JXomlt9L+3Z015fnPE3lBWmMDJMLbjb7hJgEmv7pDwh5+b8/SNNW9sr+/SG9n3lnLPr4hgkA',
  'base64',
)
const key = Buffer.from(
  'xjMEawJpGRYJKwYBBAHaRw8BAQdAQnbLQT1M9FCB0Azrjh5IJEV61OJ5OaSniBenJqOM/HnNAWHCwBMEExYKAIUFgmsCaRkDCwkHCRBP+dW14X0dyEUUAAAAAAAcACBzYWx0QG5vdGF0aW9ucy5vcGVucGdwanMub3JnGobTUPtXd6hbUDexLwjZHCJeI05ru2e1rMFTJO3mv+oFFQoIDgwEFgACAQIZAQKbAwIeARYhBB29d7x1GuD37vxrZ0/51bXhfR3IAADdAwEAhqK1Kp3gpwawGltHwMhpnLKUfxwI0sn4M6CaZPCf4egBAJGOk2wZQYFIJUBdzqh74HRTK79JtzmaTx8A+0KOK3QJ',
  'base64',
)
const payload = {
  critical: {
    identity: { 'docker-reference': 'a/b:1' },
    image: { 'docker-manifest-digest': `sha256:${'a'.repeat(64)}` },
    type: 'atomic container signature',
  },
  optional: { creator: 'c', timestamp: 1 },
}

/** What stands beside an image, and says where that is. */
export const signatureTargets: readonly FuzzTarget[] = [
  {
    name: 'simple-signature',
    seeds: [plain, compressed],
    share: 100,
    async run(bytes) {
      await describeUnverified(bytes)
      await verifySimpleSignature(bytes, { keys: [key] })
    },
  },
  { name: 'keyring', seeds: [key], share: 100, run: bytes => readPublicKeys([bytes]) },
  { name: 'simple-payload', seeds: jsonSeeds(payload), run: parseSimplePayload },
  {
    name: 'signature-file',
    seeds: [plain, ...textSeeds('\0sigstore-json\n{"mimeType":"a","payload":"YQ==","annotations":{"a":"b"}}')],
    run: parseImageSignature,
  },
  {
    name: 'registries-d',
    seeds: textSeeds('default-docker: {lookaside: "file:///a"}\ndocker:\n  a.b/c: {use-sigstore-attachments: true}\n'),
    words: ['&a', '*a', '<<: ', 'sigstore-staging: '],
    run: bytes => parseRegistriesD([{ path: 'a.yaml', content: Buffer.from(bytes).toString() }]),
  },
]
