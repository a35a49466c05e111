import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * Settings, and the environment that names them, that touch nothing outside of the folder. What podman would run by default (crun,
 * netavark) is not there. It pulls what it needs of a layer where a layer allows that.
 */
export async function writePodmanSettings(folder: string, programs: string): Promise<Record<string, string>> {
  const home = path.join(folder, 'home')
  await mkdir(path.join(home, '.config/containers'), { recursive: true })
  await mkdir(path.join(folder, 'tmp'))
  const file = async (name: string, text: string) => {
    await writeFile(path.join(folder, name), text)
    return path.join(folder, name)
  }
  await file('home/.config/containers/policy.json', '{"default":[{"type":"insecureAcceptAnything"}]}')
  return {
    PATH: `${programs}:${process.env.PATH}`,
    HOME: home,
    TMPDIR: path.join(folder, 'tmp'),
    CONTAINERS_STORAGE_CONF: await file(
      'storage.conf',
      `[storage]
driver = "overlay"
graphroot = "${folder}/storage"
runroot = "/run/podman"
[storage.options]
pull_options = { enable_partial_images = "true" }
`,
    ),
    // The limits are those that every user may set; locks in files leave nothing in /dev/shm.
    CONTAINERS_CONF: await file(
      'containers.conf',
      `[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "${folder}/tmp"
image_copy_tmp_dir = "${folder}/tmp"
conmon_path = ["${programs}/conmon"]
helper_binaries_dir = ["${programs}"]
[engine.runtimes]
runc = ["${programs}/runc"]
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[network]
network_config_dir = "${folder}/net"
`,
    ),
    CONTAINERS_REGISTRIES_CONF: await file('registries.conf', 'unqualified-search-registries = []\n'),
  }
}
