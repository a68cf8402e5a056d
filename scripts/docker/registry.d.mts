/** A registry of our own, with one user. */
export type Registry = {
  /** Its host and port, which begin the names of its images. */
  readonly host: string
  readonly username: string
  readonly password: string
  readonly pid: number | undefined
  /** From now on this password holds and no other. */
  setPassword(password: string): void
  /** Ends it and deletes its files. */
  stop(): Promise<void>
}
/** Why no registry can be started here; null when one can. */
export function whyNoRegistry(): string | null
/** Starts a registry. */
export function startRegistry(options?: { username?: string; password?: string }): Promise<Registry>
