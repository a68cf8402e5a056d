import {
  type CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  DefaultQueryExecutor,
  DeleteQueryNode,
  type Dialect,
  DummyDriver,
  InsertQueryNode,
  Kysely,
  MergeQueryNode,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  UpdateQueryNode,
} from 'kysely'
import { SteadyQueryCompiler } from './sqlite/query-compiler.ts'
import type { Database } from './tables.ts'

export type DatabaseKind = 'sqlite' | 'postgres'

const dialects: Record<DatabaseKind, Dialect> = {
  sqlite: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SteadyQueryCompiler(),
  },
  postgres: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
}

const compilers = { sqlite: new SteadyQueryCompiler(), postgres: new PostgresQueryCompiler() }
const adapters = { sqlite: new SqliteAdapter(), postgres: new PostgresAdapter() }

/** A Kysely over connections that somebody else opens, begins and closes; it is cheap enough to make one per unit of work. */
export function buildKysely(kind: DatabaseKind, connections: ConnectionProvider): Kysely<Database> {
  const dialect = dialects[kind]
  return new Kysely<Database>({
    config: { dialect },
    dialect,
    driver: new DummyDriver(),
    executor: new DefaultQueryExecutor(compilers[kind], adapters[kind], connections),
  })
}

/** Provides one connection to every query. */
export function provideSame(connection: DatabaseConnection): ConnectionProvider {
  return { provideConnection: (consumer) => consumer(connection) }
}

/** True for a built query that changes rows. Raw text is not looked at. */
export function isWrite(query: CompiledQuery): boolean {
  const node = query.query
  return InsertQueryNode.is(node) || UpdateQueryNode.is(node) || DeleteQueryNode.is(node) || MergeQueryNode.is(node)
}
