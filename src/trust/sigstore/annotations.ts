/** cosign's names for what it keeps beside a payload, as annotations of the layer that holds that. */
export const signatureAnnotations = {
  signature: 'dev.cosignproject.cosign/signature',
  bundle: 'dev.sigstore.cosign/bundle',
  certificate: 'dev.sigstore.cosign/certificate',
  chain: 'dev.sigstore.cosign/chain',
} as const
