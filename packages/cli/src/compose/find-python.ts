import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The interpreters to try for flows in Python: the one that is set, else the environments beside the folder, then python3. */
export function findPythons(setting: string | null, folder: string): string[] {
  if (setting !== null) return [setting]
  const inFolder = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']
  const beside = ['.venv', 'venv'].map((name) => join(folder, name, ...inFolder))
  return [...beside.filter((path) => existsSync(path)), 'python3']
}
