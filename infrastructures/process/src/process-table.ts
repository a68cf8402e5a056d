/** One process as the operating system lists it. Pid and start time together are never used twice on one boot. */
export type ProcessEntry = {
  pid: number
  parent: number
  session: number
  startTime: string
  /** Dead, only waiting to be collected by its parent. */
  zombie: boolean
  /** The attempt key in its environment; null when there is none or it may not be read. */
  attempt: string | null
}

export type ProcessIdentity = { pid: number; startTime: string }

/** Reads a line of `/proc/<pid>/stat`, or the supervisor's substitute `<pid> () <start time>` where there is no /proc. */
export function parseIdentity(line: string): ProcessIdentity | null {
  const stat = parseStat(line)
  if (stat) return { pid: stat.pid, startTime: stat.startTime }
  const substitute = /^(\d+) \(\) (.+)$/.exec(line.trim())
  return substitute ? { pid: Number(substitute[1]), startTime: substitute[2]!.trim().replace(/\s+/g, ' ') } : null
}

/** `pid (name) state ppid pgrp session ...`, start time in field 22. The name may hold anything, also `)`. */
export function parseStat(line: string): Omit<ProcessEntry, 'attempt'> | null {
  const nameEnd = line.lastIndexOf(')')
  const pid = Number.parseInt(line, 10)
  const fields = line.slice(nameEnd + 2).split(' ')
  const startTime = fields[19]
  if (nameEnd < 0 || Number.isNaN(pid) || startTime === undefined) return null
  return {
    pid,
    parent: Number(fields[1]),
    session: Number(fields[3]),
    startTime,
    zombie: fields[0] === 'Z' || fields[0] === 'X',
  }
}

/** Reads `ps -axo pid=,ppid=,sess=,stat=,lstart=`, for systems without /proc. Environments are not shown there. */
export function parsePs(text: string): ProcessEntry[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\w+)\s+(\S+)\s+(.+)$/.exec(line)
    if (!match) return []
    const [, pid, parent, session, state, started] = match
    return {
      pid: Number(pid),
      parent: Number(parent),
      session: Number(session),
      startTime: started!.trim().replace(/\s+/g, ' '),
      zombie: state!.startsWith('Z'),
      attempt: null,
    }
  })
}

/** True when exactly this process still lives, not another one of its number. */
export function isSame(entry: ProcessEntry, identity: ProcessIdentity): boolean {
  return entry.pid === identity.pid && entry.startTime === identity.startTime
}

/**
 * All living processes of an attempt: those that carry its key in their environment, the supervisor's session while
 * the supervisor lives (its number may belong to somebody else afterwards), their descendants, and the sessions that
 * any of them lead.
 */
export function findAttemptProcesses(table: ProcessEntry[], attempt: string, supervisor: ProcessIdentity | null): ProcessEntry[] {
  const living = table.filter((entry) => !entry.zombie && entry.pid > 1)
  const members = new Map<number, ProcessEntry>()
  for (const entry of living) {
    if (entry.attempt === attempt || (supervisor && isSame(entry, supervisor))) members.set(entry.pid, entry)
  }
  for (let size = -1; size !== members.size; ) {
    size = members.size
    for (const entry of living) if (members.has(entry.parent) || members.has(entry.session)) members.set(entry.pid, entry)
  }
  return [...members.values()]
}
