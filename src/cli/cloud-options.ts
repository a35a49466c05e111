import type { CloudOptions } from '../stores/index.ts'
import { defined } from './defined.ts'
import { openFlag, text } from './options.ts'

/** How a bucket in a cloud is reached, where the cloud's own environment does not say it. */
export const cloudOptions = {
  endpoint: text({
    value: 'URL',
    description:
      'The server of an s3:// bucket that is not at AWS (MinIO, R2, Ceph), or the endpoint of an az:// container.',
  }),
  region: text({ value: 'REGION', description: 'The region of an s3:// bucket, before AWS_REGION and the profile.' }),
  profile: text({ value: 'NAME', description: 'The AWS profile, for s3:// buckets and for ECR.' }),
  account: text({
    value: 'NAME',
    description: 'The storage account of an az:// container, before AZURE_STORAGE_ACCOUNT.',
  }),
  requesterPays: openFlag({ description: 'Pay for what is read from an s3:// bucket of the requester-pays kind.' }),
} as const

type Given = { readonly [K in keyof typeof cloudOptions]: ReturnType<(typeof cloudOptions)[K]['read']> }

const ofSide = (key: keyof typeof cloudOptions, where: string) => ({
  value: cloudOptions[key].value ?? '',
  description: `--${key} for ${where} alone.`,
})

/** The same for one side of a copy, and what only a destination has. */
export const sidedCloudOptions = {
  srcEndpoint: text(ofSide('endpoint', 'SRC')),
  srcRegion: text(ofSide('region', 'SRC')),
  srcProfile: text(ofSide('profile', 'SRC')),
  srcAccount: text(ofSide('account', 'SRC')),
  destEndpoint: text(ofSide('endpoint', 'DST')),
  destRegion: text(ofSide('region', 'DST')),
  destProfile: text(ofSide('profile', 'DST')),
  destAccount: text(ofSide('account', 'DST')),
  sse: text({
    value: 'AES256|aws:kms|aws:kms:dsse',
    description: 'How S3 encrypts what is written. Not given: as the bucket says.',
  }),
  sseKmsKeyId: text({ value: 'KEY', description: 'The KMS key for --sse aws:kms and aws:kms:dsse.' }),
} as const

type GivenSided = { readonly [K in keyof typeof sidedCloudOptions]: string | undefined }

export function cloudOf({ endpoint, region, profile, account, requesterPays }: Given): CloudOptions {
  return defined({ endpoint, region, profile, account, requesterPays })
}

export function sidedCloudsOf(input: GivenSided): { sourceCloud: CloudOptions; destinationCloud: CloudOptions } {
  const { srcEndpoint, srcRegion, srcProfile, srcAccount, destEndpoint, destRegion, destProfile, destAccount } = input
  const { sse, sseKmsKeyId } = input
  return {
    sourceCloud: defined({ endpoint: srcEndpoint, region: srcRegion, profile: srcProfile, account: srcAccount }),
    destinationCloud: defined({
      endpoint: destEndpoint,
      region: destRegion,
      profile: destProfile,
      account: destAccount,
      sse,
      sseKmsKeyId,
    }),
  }
}
