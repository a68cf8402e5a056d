import { readdir, readFile, readlink } from 'node:fs/promises'

const LISTENING = '0A'

/** Who listens on a port of this machine. */
export type PortHolder = { pid: number; command: string }

/** Finds who listens on a port. Null where the system does not tell: other than Linux, or another user's process. */
export async function findPortHolder(port: number): Promise<PortHolder | null> {
  if (process.platform !== 'linux') return null
  const sockets = await findListeningSockets(port)
  if (sockets.size === 0) return null
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  for (const pid of pids) {
    if (await holdsOneOf(pid, sockets)) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return { pid: Number(pid), command: command.replaceAll('\0', ' ').trim().slice(0, 200) }
    }
  }
  return null
}

/** The sockets that listen on a port, as `socket:[<inode>]`. */
async function findListeningSockets(port: number): Promise<Set<string>> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')))
  const lines = tables.flatMap((table) => table.split('\n').slice(1)).map((line) => line.trim().split(/\s+/))
  return new Set(
    lines.filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === LISTENING).map((fields) => `socket:[${fields[9]}]`),
  )
}

async function holdsOneOf(pid: string, sockets: Set<string>): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
    if (sockets.has(target)) return true
  }
  return false
}
