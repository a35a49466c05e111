import { describeWithServices } from '../services/describe-with-services.ts'
import { useCeph } from '../services/use-ceph.ts'
import { tagRaces } from './tag-races.ts'

describeWithServices(['radosgw'], 'in Ceph', () => {
  const ceph = useCeph('races')

  let opened = 0
  tagRaces(async () => (await ceph.open(`races/t${opened++}`)).store)
})
