/** A database that a server runs on. */
export type Database = 'sqlite' | 'postgres'

/** What is to be spawned. */
export type Launch = { command: string; args: string[]; env: Record<string, string> }

/** Where a server is to run. `postgres`: host, port and name of a database; null: SQLite in the home directory. */
export type ServerPlace = { home: string; port: number; postgres: { port: number; name: string } | null }

/** The type of a worker's pool, and what its environment has besides. */
export type WorkerKind = { type: string; environment: Record<string, string> }

/** A server and worker that can be measured: Aedile, or a genuine Prefect. */
export type Product = {
  name: 'aedile' | 'genuine'
  /** The head of its column. */
  title: string
  version: string
  server(place: ServerPlace): Launch
  /** A worker that asks so often; null: as often as it does by default. */
  worker(options: { apiUrl: string; home: string; pool: string; querySeconds: number | null } & WorkerKind): Launch
  cli(args: string[], options: { apiUrl: string; home: string }): Launch
}
