import type { TargetFacts } from '@aedile/core/infrastructure-definition'

/**
 * What a request depends on besides its job: where the worker runs (`platform`, and its `directory` for relative volumes),
 * the version of the engine, and the worker's own API URL (`apiUrl`), which counts where the job removes its own by null.
 */
export type DockerFacts = { platform: string; engineVersion: string; directory: string; apiUrl: string | null }

/** What a preview takes where no engine was asked. */
export const ASSUMED_FACTS = { id: '<target>', platform: 'linux', engineVersion: '27.0.0', directory: '<directory>' }

/** The facts of a target; those that are missing are the assumed ones. */
export function readFacts(facts: TargetFacts): DockerFacts {
  const text = (name: string) => (typeof facts[name] === 'string' ? facts[name] : null)
  return {
    platform: text('platform') ?? ASSUMED_FACTS.platform,
    engineVersion: text('engineVersion') ?? ASSUMED_FACTS.engineVersion,
    directory: text('directory') ?? ASSUMED_FACTS.directory,
    apiUrl: text('apiUrl'),
  }
}
