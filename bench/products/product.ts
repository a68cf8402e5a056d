/** A database that a server runs on. */
export type Database = 'sqlite' | 'postgres'

/** What is to be spawned. */
export type Launch = { command: string; args: string[]; env: Record<string, string> }

/** A home directory and, when it is not SQLite in there, port and name of a Postgres database. */
export type Place = { home: string; postgres: { port: number; name: string } | null }
/** Where a server is to run. */
export type ServerPlace = Place & { port: number }

/** The type of a worker's pool, and what its environment has besides. */
export type WorkerKind = { type: string; environment: Record<string, string> }

/** A server and worker that can be measured: Aedile, a genuine Prefect, or what the same parts give without Aedile. */
export type Product = {
  name: 'aedile' | 'limit' | 'genuine'
  /** The head of its column. */
  title: string
  version: string
  /** Makes what must be in a place before its server starts. */
  prepare?(place: Place): Promise<void>
  server(place: ServerPlace): Launch
  /** A worker that asks so often; null: as often as it does by default. */
  worker(options: { apiUrl: string; home: string; pool: string; querySeconds: number | null } & WorkerKind): Launch
  cli(args: string[], options: { apiUrl: string; home: string }): Launch
  /** The SQLite file of a place. */
  databaseFile(place: Place): string
}
