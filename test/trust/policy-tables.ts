/** Places are those of the run: `@FOLDER@` the folder of files, `@HOST@` the registry. */
type Verdict = 'accepted' | 'rejected' | 'invalid'

const plain = 'dir:@FOLDER@/plain'
const signed = 'dir:@FOLDER@/signed'
const sigstore = 'dir:@FOLDER@/sigstore'
const inRegistry = 'docker://@HOST@/a/b:1'
const sigstoreInRegistry = 'docker://@HOST@/s/b:1'

const exact = { type: 'exactReference', dockerReference: 'registry.example.com/a/b:1' }
const keyPath = '@FOLDER@/key.gpg'
const by = (fields: object = {}) => ({
  type: 'signedBy',
  keyType: 'GPGKeys',
  keyPath,
  signedIdentity: exact,
  ...fields,
})
const bySigstore = (fields: object = {}) => ({
  type: 'sigstoreSigned',
  keyPath: '@FOLDER@/ours.pub',
  signedIdentity: exact,
  ...fields,
})
const accept = { type: 'insecureAcceptAnything' }
const reject = { type: 'reject' }
const fulcio = { caData: 'YQ==', oidcIssuer: 'https://issuer.example', subjectEmail: 'a@example.com' }
const pki = { caRootsData: 'YQ==', subjectHostname: 'a.example.com' }

const all = (source: string, verdict: Verdict, lists: readonly unknown[]) =>
  lists.map((list): [string, string, Verdict] => [
    source,
    typeof list === 'string' ? list : JSON.stringify(list),
    verdict,
  ])

/** An image, the requirements of the policy's default (or a whole document), and what is to come of it. */
export const requirementTable: readonly [source: string, requirements: string, verdict: Verdict][] = [
  ...all(plain, 'accepted', [
    [accept],
    [accept, accept],
    '{"default":[{"type":"insecureAcceptAnything"}],"transports":{}}',
  ]),
  ...all(plain, 'rejected', [
    [reject],
    [accept, reject],
    [by()],
    [accept, by()],
    [bySigstore()],
    [{ type: 'signedBaseLayer', baseLayerIdentity: { type: 'matchExact' } }],
    [by({ keyType: 'X509Certificates' })],
    [bySigstore({ keyPath: undefined, fulcio, rekorPublicKeyData: 'YQ==' })],
    [bySigstore({ keyPath: undefined, pki })],
  ]),
  ...all(plain, 'invalid', [
    [],
    [accept, {}],
    [{ ...accept, x: 1 }],
    [{ type: 'Reject' }],
    [{ Type: 'reject' }],
    [null],
    'null',
    '[{"type":"reject","type":"reject"}]',
    '{}',
    '{"default":[{"type":"reject"}],"x":1}',
    '{"default":[{"type":"reject"}],"transports":null}',
    '{"default":[{"type":"reject"}],"transports":{"docker":null}}',
    '{"default":[{"type":"reject"}],"transports":{"docker":{"":[]}}}',
    '{"default":[{"type":"reject"}],"transports":{"docker":{"":[{"type":"reject"}],"":[{"type":"reject"}]}}}',
    '{"default":[{"type":"reject"}]} x',
    [by({ keyType: undefined })],
    [by({ keyType: 'gpgkeys' })],
    [by({ keyPath: undefined })],
    [by({ keyPath: '' })],
    [by({ keyPath: null })],
    [by({ keyData: 'YQ==' })],
    [by({ keyPaths: [keyPath] })],
    [by({ keyPath: undefined, keyData: '!' })],
    [by({ keyPath: undefined, keyData: 'YQ' })],
    [by({ keyPath: undefined, keyPaths: keyPath })],
    [by({ signedIdentity: null })],
    [by({ signedIdentity: {} })],
    [by({ signedIdentity: { type: 'matchExact', x: 1 } })],
    [by({ signedIdentity: { type: 'exactReference', dockerReference: 'a' } })],
    [by({ signedIdentity: { type: 'exactReference', dockerReference: 'A/b:C:d' } })],
    [by({ signedIdentity: { type: 'exactRepository' } })],
    [by({ signedIdentity: { type: 'exactRepository', dockerRepository: '' } })],
    [by({ signedIdentity: { type: 'remapIdentity', prefix: 'a' } })],
    [by({ signedIdentity: { type: 'remapIdentity', prefix: 'a/', signedPrefix: 'a' } })],
    [by({ signedIdentity: { type: 'remapIdentity', prefix: 'a:b', signedPrefix: 'a' } })],
    [{ type: 'signedBaseLayer' }],
    [bySigstore({ keyPath: undefined })],
    [bySigstore({ keyData: 'YQ==' })],
    [bySigstore({ keyPath: undefined, keyPaths: [] })],
    [bySigstore({ keyPath: undefined, keyDatas: [] })],
    [bySigstore({ keyPath: undefined, fulcio })],
    [bySigstore({ keyPath: undefined, fulcio: { ...fulcio, subjectEmail: '' }, rekorPublicKeyPath: 'a' })],
    [bySigstore({ keyPath: undefined, fulcio: { ...fulcio, caPath: 'a' }, rekorPublicKeyPath: 'a' })],
    [bySigstore({ rekorPublicKeyPath: 'a', rekorPublicKeyDatas: ['YQ=='] })],
    [bySigstore({ keyPath: undefined, pki, rekorPublicKeyPath: 'a' })],
    [bySigstore({ keyPath: undefined, pki: { caRootsData: 'YQ==' } })],
    [bySigstore({ keyPath: undefined, pki: { subjectEmail: 'a@example.com' } })],
    [bySigstore({ pki })],
  ]),
  ...all(signed, 'accepted', [
    [by()],
    [accept, by(), by()],
    [by({ keyPath: undefined, keyPaths: ['@FOLDER@/other.gpg', keyPath] })],
    [by({ keyPath: '@FOLDER@/both.asc' })],
    [by({ signedIdentity: { type: 'exactRepository', dockerRepository: 'registry.example.com/a/b' } })],
    [by({ signedIdentity: { type: 'exactRepository', dockerRepository: 'registry.example.com/a/b:7' } })],
  ]),
  ...all(signed, 'rejected', [
    [by({ keyPath: '@FOLDER@/other.gpg' })],
    [by({ keyPath: '@FOLDER@/garbage.gpg' })],
    [by({ keyPath: '@FOLDER@/missing.gpg' })],
    [by({ keyPath: undefined, keyPaths: [] })],
    [by({ keyPath: undefined, keyData: '' })],
    [by({ keyPath: undefined, keyData: 'YQ==' })],
    [by(), by({ keyPath: '@FOLDER@/other.gpg' })],
    [by(), reject],
    [by({ signedIdentity: undefined })],
    [by({ signedIdentity: { type: 'matchExact' } })],
    [by({ signedIdentity: { type: 'matchRepository' } })],
    [by({ signedIdentity: { type: 'exactReference', dockerReference: 'registry.example.com/a/b:2' } })],
    [by({ signedIdentity: { type: 'exactRepository', dockerRepository: 'registry.example.com/a' } })],
    [by({ signedIdentity: { type: 'remapIdentity', prefix: 'a', signedPrefix: 'b' } })],
    [bySigstore()],
  ]),
  ...all(inRegistry, 'accepted', [
    [by({ signedIdentity: undefined })],
    [by({ signedIdentity: { type: 'matchExact' } })],
    [by({ signedIdentity: { type: 'matchRepository' } })],
    [by({ signedIdentity: { type: 'exactReference', dockerReference: '@HOST@/a/b:1' } })],
    [by({ signedIdentity: { type: 'remapIdentity', prefix: 'a.example.com', signedPrefix: 'b.example.com' } })],
    [by({ signedIdentity: { type: 'remapIdentity', prefix: '@HOST@', signedPrefix: '@HOST@' } })],
  ]),
  ...all(inRegistry, 'rejected', [
    [by()],
    [by({ signedIdentity: undefined, keyPath: '@FOLDER@/other.gpg' })],
    [by({ signedIdentity: { type: 'remapIdentity', prefix: '@HOST@/a', signedPrefix: '@HOST@/b' } })],
    [bySigstore({ signedIdentity: undefined })],
  ]),
  ...all('docker://@HOST@/a/b:2', 'accepted', [
    [by({ signedIdentity: { type: 'matchRepository' } })],
    [by({ signedIdentity: { type: 'exactReference', dockerReference: '@HOST@/a/b:1' } })],
  ]),
  ...all('docker://@HOST@/a/b:2', 'rejected', [
    [by({ signedIdentity: undefined })],
    [by({ signedIdentity: { type: 'matchExact' } })],
  ]),
  ...all('docker://@HOST@/a/c:1', 'accepted', [
    [by({ signedIdentity: { type: 'remapIdentity', prefix: '@HOST@/a/c', signedPrefix: '@HOST@/a/b' } })],
  ]),
  ...all('docker://@HOST@/a/c:1', 'rejected', [[by({ signedIdentity: { type: 'matchRepository' } })]]),
  ...all(sigstore, 'accepted', [
    [bySigstore()],
    [bySigstore({ keyPath: undefined, keyPaths: ['@FOLDER@/others.pub', '@FOLDER@/ours.pub'] })],
  ]),
  ...all(sigstore, 'rejected', [
    [bySigstore({ keyPath: '@FOLDER@/others.pub' })],
    [bySigstore({ keyPath: '@FOLDER@/missing.pub' })],
    [bySigstore({ keyPath: '@FOLDER@/garbage.gpg' })],
    [bySigstore({ rekorPublicKeyPath: '@FOLDER@/others.pub' })],
    [bySigstore({ keyPath: undefined, pki })],
    [bySigstore({ signedIdentity: undefined })],
    [by()],
  ]),
  ...all(sigstoreInRegistry, 'accepted', [
    [bySigstore({ signedIdentity: undefined })],
    [bySigstore({ signedIdentity: { type: 'matchRepository' } })],
  ]),
  ...all(sigstoreInRegistry, 'rejected', [
    [bySigstore({ signedIdentity: undefined, keyPath: '@FOLDER@/others.pub' })],
    [by({ signedIdentity: undefined })],
  ]),
]

const layout = 'oci:@FOLDER@/layout:v1'

/** An image, and the one scope that the policy rejects. */
export const scopeTable: readonly [source: string, transport: string, scope: string, verdict: Verdict][] = [
  [plain, 'dir', '@FOLDER@/plain', 'rejected'],
  [plain, 'dir', '@FOLDER@', 'rejected'],
  [plain, 'dir', '', 'rejected'],
  [plain, 'dir', '@FOLDER@/pla', 'accepted'],
  [plain, 'oci', '@FOLDER@', 'accepted'],
  [plain, 'dir', '/', 'invalid'],
  [plain, 'dir', 'a', 'invalid'],
  [plain, 'dir', '/a/', 'invalid'],
  [plain, 'dir', '/a/../b', 'invalid'],
  [plain, 'sif', 'a', 'invalid'],
  [plain, 'docker-archive', '/a', 'invalid'],
  [plain, 'docker-daemon', `sha256:${'a'.repeat(64)}`, 'invalid'],
  [plain, 'tarball', 'a', 'invalid'],
  [plain, 'atomic', 'a/b/c/d', 'invalid'],
  [plain, 'atomic', 'a/b/c:d', 'accepted'],
  [plain, 'unheard-of', 'whatever', 'accepted'],
  [plain, 'docker', 'what ever', 'accepted'],
  [layout, 'oci', '@FOLDER@/layout', 'rejected'],
  [layout, 'oci', '@FOLDER@', 'rejected'],
  [layout, 'oci', '@FOLDER@/layout:v1', 'accepted'],
  [inRegistry, 'docker', '@HOST@/a/b:1', 'rejected'],
  [inRegistry, 'docker', '@HOST@/a/b', 'rejected'],
  [inRegistry, 'docker', '@HOST@/a', 'rejected'],
  [inRegistry, 'docker', '@HOST@', 'rejected'],
  [inRegistry, 'docker', '*.0.0.1', 'rejected'],
  [inRegistry, 'docker', '*.1', 'rejected'],
  [inRegistry, 'docker', '*.0.1', 'rejected'],
  [inRegistry, 'docker', '', 'rejected'],
  [inRegistry, 'docker', '@HOST@/a/b:2', 'accepted'],
  [inRegistry, 'docker', '127.0.0.1', 'accepted'],
  [inRegistry, 'docker', '*', 'accepted'],
  [inRegistry, 'dir', '', 'accepted'],
]
