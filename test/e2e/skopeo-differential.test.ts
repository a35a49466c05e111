import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWithServices } from '../services/describe-with-services.ts'
import { peer } from '../services/peer.ts'
import { type RegistryServer, startRegistry } from '../services/start-registry.ts'
import { type Case, caseTitle } from './differential/case.ts'
import { type KnownDifference, knownDifferences } from './differential/known-differences.ts'
import { imageCases, realCases, transportCases } from './differential/matrix.ts'
import { placeKinds } from './differential/place.ts'
import { bothPrograms, type RunBoth } from './differential/run-both.ts'
import { realImages, smallImages } from './differential/small-images.ts'

const atOnce = 3
/** Each test is some forty runs of two programs, on a machine that may be busy. */
const timeout = 180_000
const transportPairs = placeKinds.flatMap(from => placeKinds.map(to => [from, to] as const))
const otherImages = smallImages.filter(image => imageCases.some(one => one.image === image))

describeWithServices(
  ['skopeo', 'docker-registry'],
  'lading under the name of skopeo does what skopeo 1.22 does',
  () => {
    const shown = new Set<KnownDifference>()
    let registry: RegistryServer
    let run: RunBoth

    beforeAll(async () => {
      registry = await startRegistry({ schema1: true })
      run = bothPrograms(peer('skopeo'), registry.host)
    })
    afterAll(() => registry.stop())

    /** What differs in a way that nobody knows of. */
    async function surprises(cases: readonly Case[]): Promise<readonly unknown[]> {
      const found: unknown[] = []
      const todo = cases.values()
      const work = async () => {
        for (const one of todo) {
          for (const difference of await run(one)) {
            const known = knownDifferences.filter(({ holds }) => holds(one, difference))
            for (const each of known) shown.add(each)
            if (known.length === 0) found.push({ case: caseTitle(one), ...difference })
          }
        }
      }
      await Promise.all(Array.from({ length: atOnce }, work))
      return found
    }

    test.each(transportPairs)(
      'from %s to %s',
      async (from, to) => {
        expect(await surprises(transportCases.filter(one => one.from === from && one.to === to))).toEqual([])
      },
      timeout,
    )

    test.each(otherImages)(
      'with an image that is %s',
      async image => {
        expect(await surprises(imageCases.filter(one => one.image === image))).toEqual([])
      },
      timeout,
    )

    test.each(Object.keys(realImages))(
      'with a real image %s',
      async image => {
        expect(await surprises(realCases.filter(one => one.image === image))).toEqual([])
      },
      timeout,
    )

    test(
      'and every difference that is known is still there',
      () => {
        expect(knownDifferences.filter(one => !shown.has(one)).map(({ reason }) => reason)).toEqual([])
      },
      timeout,
    )
  },
)
