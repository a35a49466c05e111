import { createServer } from 'node:http'
import { close, listen } from '../../src/testing/listen.ts'
import { isSigned } from './aws-signature.ts'

export interface EcrApi extends AsyncDisposable {
  readonly url: string
  /** `GetAuthorizationToken`, `CreateRepository app`, in order; refused ones too. */
  readonly calls: string[]
  readonly repositories: Set<string>
  /** In seconds from now. */
  lifetimeSeconds: number
}

export const awsKeys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI' } as const

/** A stand-in for ECR's API that checks the signature of every call and gives out `credential` (`user:password`) as its token. */
export async function startEcrApi(credential: string): Promise<EcrApi> {
  const calls: string[] = []
  const repositories = new Set<string>()
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request))
    const action = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    const input = JSON.parse(body.toString())
    calls.push([action, input.repositoryName].filter(Boolean).join(' '))
    const answer = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(value))
    const { method = '', url = '', headers } = request
    if (!isSigned({ method, path: url, headers, body }, awsKeys.secretAccessKey)) {
      return answer(400, { __type: 'InvalidSignatureException', message: 'The request signature does not match' })
    }
    if (action === 'GetAuthorizationToken') {
      const token = { authorizationToken: btoa(credential), expiresAt: Date.now() / 1000 + api.lifetimeSeconds }
      return answer(200, { authorizationData: [token] })
    }
    if (repositories.has(input.repositoryName)) {
      return answer(400, { __type: 'com.amazonaws.ecr#RepositoryAlreadyExistsException', message: 'exists' })
    }
    repositories.add(input.repositoryName)
    return answer(200, { repository: { repositoryName: input.repositoryName } })
  })
  const host = await listen(server)
  const api: EcrApi = {
    url: `http://${host}`,
    calls,
    repositories,
    lifetimeSeconds: 12 * 3600,
    [Symbol.asyncDispose]: () => close(server),
  }
  return api
}
