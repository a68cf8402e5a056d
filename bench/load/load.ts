/** What the load process shall do: the same work on so many connections for so many seconds, or so many times. */
export type Load = {
  apiUrl: string
  work: Work
  connections: number
  /** Not measured: the work on one connection before, and nothing that fails then counts. */
  warmUpSeconds: number
  seconds: number
  /** Ends sooner, after so many times. */
  times?: number
  /** At most so often in a second, all connections together; what is late is not made up for. */
  perSecond?: number
}

export type Work =
  | { name: 'runs'; flowId: string }
  | { name: 'logs'; flowRunId: string; batch: number }
  | { name: 'queue'; pool: string; scheduledBefore: string }
  /** The same request again and again. */
  | { name: 'post'; path: string; body: object }
  /** Events by request. */
  | { name: 'events'; batch: number }
  /** Events over one websocket for all the time; a request is a ping after some of them. */
  | { name: 'event-stream' }
  /** So many events at once, until they can be read. */
  | { name: 'event-burst'; count: number }

/** What came of it. */
export type LoadResult = {
  /** How often the work was done whole. */
  done: number
  seconds: number
  /** Milliseconds of every request that was answered as it should be. */
  requests: number[]
  /** Other answers by status, and requests without an answer. */
  errors: Record<string, number>
  /** All requests that were sent. */
  sent: number
  /** How much of one core the load process used itself: near 1, it is the limit and not the server. */
  clientCores: number
  /** Milliseconds until something of a single piece of work, by name. */
  marks: Record<string, number>
}
