/**
 * Tells what platforms an image has, and copies one of them into an OCI layout.
 *
 *   node --conditions=lading-source examples/platforms.ts oci:examples/hello:v1 linux/arm64 ./hello-arm64
 *
 * In a project that has lading installed, without the condition, which is for this checkout alone.
 */
import { copyImage, inspectImage, parsePlatform } from 'lading'

const [image, platform, layout] = process.argv.slice(2)
if (image === undefined) {
  console.error('usage: node examples/platforms.ts IMAGE [PLATFORM LAYOUT]')
  process.exit(64)
}

const { platforms } = await inspectImage(image)
for (const each of platforms) {
  if (each.attestationFor === undefined)
    console.log(`${each.platform ?? 'no platform'}  ${each.size} bytes  ${each.digest}`)
}

if (platform !== undefined && layout !== undefined) {
  const { digest } = await copyImage(image, `oci:${layout}:latest`, { platforms: [parsePlatform(platform)] })
  console.log(`copied ${digest} to ${layout}`)
}
