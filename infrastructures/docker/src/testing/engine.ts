import { EngineApi } from '../api.ts'
import { findEndpoint } from '../target.ts'

/** The image that tests run: busybox, made by the script that starts the engine. */
export const TEST_IMAGE = 'aedile-test/busybox:1'

/** The address of the engine that tests use; null when there is none (see scripts/docker). */
export const testEngine: string | null = process.env.AEDILE_TEST_DOCKER_HOST || null

/** A client of the engine that tests use. */
export function openTestEngine(host: string = testEngine ?? '', environment: NodeJS.ProcessEnv = {}): Promise<EngineApi> {
  return EngineApi.open(findEndpoint({ host }, environment))
}
