import type { AttemptKey, Handle, Outcome, ServerId, TargetFacts } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'
import type { Microseconds } from '@aedile/core/time'

/** Where a connection goes: settings of the type, e.g. a state directory, a Docker host, a kubeconfig. */
export type Target = JsonObject
export type Credentials = JsonObject

/** A place in a thing's output, opaque to everyone but its driver. Stored with the lines that were taken in. */
export type LogCursor = string

export type OutputStream = 'stdout' | 'stderr'

/**
 * What became of a thing, in the words of a genuine worker of the type. It decides nothing. The worker adds itself, and whose
 * run it is.
 */
export type ThingEvent = {
  /** Its name, e.g. `prefect.docker.container.running`. The same name about the same resource is told once for an attempt. */
  event: string
  /** What it is about: labels, `prefect.resource.id` among them. Null: the worker itself, where no thing came to be. */
  resource: Record<string, string> | null
  /** When it became so; now, when it is missing. */
  occurred?: Microseconds
  /** The name of the event about the same resource that came before it. */
  follows?: string
}

/** What a driver tells while it starts and follows a thing. Calls return at once. */
export interface Sink {
  /**
   * Whole lines of output; only a line over 64 KiB comes in pieces, and the last one may have no end. `cursor` is the place
   * right after them: observing again from there repeats and loses nothing.
   */
  output(stream: OutputStream, bytes: Uint8Array, cursor: LogCursor): void
  /** Progress that is no state: pulling an image, waiting for capacity. */
  status(phase: string, detail?: string): void
  /** Native ids became known. */
  handle(handle: Handle): void
  /** Missing where nobody listens, e.g. in a script. Telling one again, also by another process, is telling it once. */
  event?(event: ThingEvent): void
}

/** The half of an infrastructure that reaches out. */
export interface InfrastructureDriver<Request extends JsonObject = JsonObject> {
  readonly type: string
  /** One connection per target, shared by all its runs. */
  connect(target: Target, credentials: Credentials): Promise<Connection<Request>>
}

/** A connection to one target. Its promises are checked by `testing/exercise-infrastructure`. */
export interface Connection<Request extends JsonObject = JsonObject> {
  facts(): Promise<TargetFacts>
  /**
   * Tells the target that this connection may call `start` for an attempt that somebody else may be starting, too. Called
   * before it is looked whether the attempt still stands. Missing where nothing depends on it.
   */
  announce?(attempt: { attempt: AttemptKey; server: ServerId }): Promise<void>
  /** Creates the thing. The same attempt twice, also from two processes at once, creates it once. */
  start(request: Request, handle: Handle, io: { sink: Sink; signal: AbortSignal }): Promise<Handle>
  /**
   * Follows a thing to its end, from the cursor on. Aborting the signal ends the observation, not the thing: it rejects
   * with the signal's reason.
   */
  observe(handle: Handle, io: { sink: Sink; signal: AbortSignal; after?: LogCursor }): Promise<Outcome>
  /**
   * Ends the thing and everything that it started: asks, waits `graceSeconds`, then kills. Resolves when it is gone.
   * @throws AedileError `infrastructure_not_found` when it is gone already, `infrastructure_not_available` when it is
   * not on this target.
   */
  stop(handle: Handle, graceSeconds: number): Promise<void>
  /**
   * Removes what is left of an ended thing. Call it only after the report. Keeps what the handle says to keep. With
   * `hasOneStarter`, whoever else may call `start` for the attempt has announced itself: if nobody has, nothing has to stay
   * on the target that keeps a late starter from starting it again.
   */
  remove(handle: Handle, options?: { hasOneStarter?: boolean }): Promise<void>
  /** All things on the target that carry this owner's labels. */
  list(owner: ServerId): AsyncIterable<Handle>
  /** Ends watches and deletes what belongs to the worker's life. Things go on. */
  close(): Promise<void>
}
