import { readdirSync, readFileSync } from 'node:fs'

/** What a process and its descendants hold and have used. Linux only: there is no such figure elsewhere. */
export type Usage = { residentMebibytes: number; cpuSeconds: number }

/** Linux counts a process's time in hundredths of a second, whatever its kernel's own clock. */
const TICKS_PER_SECOND = 100

/** A process and all its descendants, from `/proc`. */
export function processTree(pid: number): number[] {
  if (pid === 0) return []
  const children = new Map<number, number[]>()
  for (const name of listProcesses()) {
    const parent = Number(readStat(name)?.[1] ?? 0)
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const tree = [pid]
  for (const member of tree) tree.push(...(children.get(member) ?? []))
  return tree
}

/** Memory and processor time of a process and its descendants. */
export function readUsage(pid: number): Usage {
  const usage = { residentMebibytes: 0, cpuSeconds: 0 }
  for (const member of processTree(pid)) {
    const fields = readStat(String(member))
    if (!fields) continue
    usage.cpuSeconds += (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
    usage.residentMebibytes += readResidentKibibytes(member) / 1024
  }
  return usage
}

/** Memory of a process and its descendants where a page that several share counts once in all (PSS). Costly: it walks every page. */
export function readProportionalMebibytes(pid: number): number {
  return processTree(pid).reduce((sum, member) => sum + readProportionalKibibytes(member) / 1024, 0)
}

/** Whether the figures above can be had here. */
export function canReadUsage(): boolean {
  return process.platform === 'linux'
}

function listProcesses(): string[] {
  if (!canReadUsage()) return []
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
}

/** The fields after the command's name, the first of them the state. Null: it has ended. */
function readStat(pid: string): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

function readResidentKibibytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

function readProportionalKibibytes(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
