/** How often the worker asks for runs: as by default, and each second. */
export const QUERY_SECONDS = [
  { querySeconds: null, text: 'asking as by default (every 10 s)' },
  { querySeconds: 1, text: 'asking every second (WORKER_QUERY_SECONDS=1)' },
]
