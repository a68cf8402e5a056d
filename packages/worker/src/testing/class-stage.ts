import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InfrastructureLogger } from '../classes/infrastructure-log.ts'
import type { OutputTarget } from '../classes/run-command.ts'
import type { ScriptSources } from '../classes/script-settings.ts'

/** Settings of a script: this environment, an empty profile, and a home of its own. */
export function sourcesOf(environment: Record<string, string>, home = '/nowhere'): ScriptSources {
  return { environment, profile: {}, profileName: 'default', home }
}

/** Keeps what a class logs, as `level message`. */
export class KeptLog implements InfrastructureLogger {
  readonly lines: string[] = []

  debug(message: string): void {
    this.lines.push(`debug ${message}`)
  }

  info(message: string): void {
    this.lines.push(`info ${message}`)
  }

  warn(message: string): void {
    this.lines.push(`warn ${message}`)
  }

  error(message: string): void {
    this.lines.push(`error ${message}`)
  }
}

/** Keeps the output of a command. */
export class KeptOutput implements OutputTarget {
  readonly #pieces = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] }

  stdout(bytes: Uint8Array): void {
    this.#pieces.stdout.push(bytes)
  }

  stderr(bytes: Uint8Array): void {
    this.#pieces.stderr.push(bytes)
  }

  get out(): string {
    return Buffer.concat(this.#pieces.stdout).toString()
  }

  get error(): string {
    return Buffer.concat(this.#pieces.stderr).toString()
  }
}

/** A home directory for tests. */
export function makeHome(): { home: string; remove: () => void } {
  const home = mkdtempSync(join(tmpdir(), 'aedile-class-'))
  return { home, remove: () => rmSync(home, { recursive: true, force: true }) }
}
