export { decryptLayer, type OpenedLayer } from './decrypt-layer.ts'
export { encryptLayer } from './encrypt-layer.ts'
export { type EncryptionOptions, type LayerEncryption, openLayerEncryption } from './layer-encryption.ts'
export { encryptionAnnotations } from './wrapped-keys.ts'
