import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/**
 * Projects: `unit` (beside the file, no process, no port), `server` once per database, `infrastructure` (the
 * conformance suite of every type), `stories` (whole system), `install-story` (packed packages), `conformance` (genuine
 * Prefect). The server's files are one suite with the database as a
 * parameter: AEDILE_TEST_POSTGRES_URL adds the second run.
 */
const root = fileURLToPath(new URL('.', import.meta.url))
const resolve = { conditions: ['aedile-source', 'node', 'module'] }
const ssr = {
  resolve: { conditions: ['aedile-source', 'node', 'module'], externalConditions: ['aedile-source', 'node'] },
}
const shared = {
  root,
  environment: 'node' as const,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // What is awaited comes when it comes: a loaded machine must not make a test fail.
  expect: { poll: { timeout: 20_000 } },
  exclude: ['**/dist/**', '**/node_modules/**'],
}
const databaseTests = ['packages/server/src/**/*.database.test.ts']
const postgres = process.env.AEDILE_TEST_POSTGRES_URL

export default defineConfig({
  resolve,
  ssr,
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          ...shared,
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'infrastructures/*/src/**/*.test.ts',
            'scripts/**/*.test.ts',
            'bench/**/*.test.ts',
            'tests/repository/**/*.test.ts',
            'tests/models/**/*.test.ts',
            'tests/conformance/rendering/**/*.test.ts',
          ],
          exclude: [...shared.exclude, ...databaseTests, '**/*.infrastructure.test.ts'],
        },
      },
      {
        resolve,
        ssr,
        test: { ...shared, name: 'server-sqlite', include: databaseTests, env: { AEDILE_TEST_DATABASE: 'sqlite' } },
      },
      ...(postgres
        ? [
            {
              resolve,
              ssr,
              test: {
                ...shared,
                name: 'server-postgres',
                include: databaseTests,
                env: { AEDILE_TEST_DATABASE: 'postgres', AEDILE_TEST_POSTGRES_URL: postgres },
              },
            },
          ]
        : []),
      {
        resolve,
        ssr,
        test: {
          ...shared,
          name: 'infrastructure',
          include: ['infrastructures/*/src/**/*.infrastructure.test.ts'],
          testTimeout: 120_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          ...shared,
          name: 'stories',
          include: ['tests/**/*.test.ts'],
          exclude: [
            ...shared.exclude,
            'tests/conformance/**',
            'tests/install-story/**',
            'tests/repository/**',
            'tests/models/**',
          ],
          testTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        resolve,
        ssr,
        test: {
          ...shared,
          name: 'install-story',
          include: ['tests/install-story/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          ...shared,
          name: 'conformance',
          include: ['tests/conformance/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
