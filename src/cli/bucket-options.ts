import type { BucketOptions } from '../bucket/index.ts'
import { cloudOf, cloudOptions } from './cloud-options.ts'
import type { CommandContext } from './context.ts'
import { defined } from './defined.ts'
import { sharedOptions } from './shared-options.ts'

/** Options of every command on what is in a bucket. */
export const bucketOptions = {
  tlsVerify: sharedOptions.tlsVerify,
  output: sharedOptions.output,
  ...cloudOptions,
} as const

type Given = { readonly [K in keyof typeof bucketOptions]: ReturnType<(typeof bucketOptions)[K]['read']> }

/** How the bucket is reached. */
export function bucketOptionsOf(input: Given, { signal }: Pick<CommandContext, 'signal'>): BucketOptions {
  return { cloud: cloudOf(input), ...defined({ tlsVerify: input.tlsVerify }), signal }
}
