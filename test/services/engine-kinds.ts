import { startDocker } from './start-docker.ts'
import { startPodman } from './start-podman.ts'

/** Every engine that is tried, and what it needs. Each keeps images in its own way. */
export const engineKinds = [
  {
    name: 'Docker 20.10',
    store: 'docker',
    service: 'docker20/bin/dockerd',
    start: () => startDocker({ version: '20.10' }),
  },
  {
    name: 'Docker 28',
    store: 'docker',
    service: 'docker28/bin/dockerd',
    start: () => startDocker({ version: '28', store: 'docker' }),
  },
  {
    name: 'Docker 28 with containerd’s store',
    store: 'containerd',
    service: 'docker28/bin/dockerd',
    start: () => startDocker({ version: '28' }),
  },
  { name: 'podman', store: 'podman', service: 'podman', start: startPodman },
] as const
