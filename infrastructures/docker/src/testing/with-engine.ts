import { describe, it } from 'vitest'
import { testEngine } from './engine.ts'

/** A suite that needs the engine. Without one, a single skipped test says so. */
export function withEngine(title: string, tests: () => void): void {
  if (testEngine) describe(title, tests)
  else
    it.skip(`${title}: needs a Docker engine in AEDILE_TEST_DOCKER_HOST; \`node scripts/docker/engine.mjs run\` starts one`, () => {})
}
