import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/**
 * When a process started, in whatever unit the system has: with the pid it names a process, which a pid alone does not.
 * Null when there is no such process.
 */
export async function readStartTime(pid: number): Promise<string | null> {
  if (process.platform === 'linux') return readLinuxStartTime(pid)
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { timeout: 5000 })
    return stdout.trim() || null
  } catch {
    return null
  }
}

async function readLinuxStartTime(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (stat === null) return null
  // The command's name stands in parentheses and may hold blanks. Field 3 is the state (Z: ended), field 22 the start.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? null : (fields[19] ?? null)
}
