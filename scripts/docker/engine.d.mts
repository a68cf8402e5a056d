/** A Docker engine of our own. */
export type Engine = {
  /** Its address, as in DOCKER_HOST. */
  readonly host: string
  readonly socket: string
  /** Starts it again after `end`. */
  start(): Promise<void>
  /** Ends the engine; its containers end with it unless it has live restore, or is killed. */
  end(signal?: NodeJS.Signals): Promise<void>
  /** Ends everything and deletes its files. */
  stop(): Promise<void>
  pid(): number
}
/** Why no engine can be started here; null when one can. */
export function whyNoEngine(): string | null
/** Starts an engine with the test images in it. */
export function startEngine(options?: {
  liveRestore?: boolean
  /** More options for dockerd. */
  options?: string[]
}): Promise<Engine>
/** Makes one of the test images on an engine, when it is not there. */
export function ensureImage(host: string, name: 'aedile-test/busybox:1' | 'aedile-test/node:1'): Promise<void>
