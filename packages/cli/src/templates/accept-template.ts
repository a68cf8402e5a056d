import type { JsonObject } from '@aedile/core/json'
import { dropNumberSources } from '@aedile/core/python-text'
import type { TemplateFinding } from '@aedile/core/resources/work-pool'
import { lintTemplate } from '@aedile/core/templates/lint'
import type { CliContext } from '../cli-context.ts'
import { CliFailure } from '../failure.ts'

/** What `--lint` and `--no-lint` make of a template that is about to be saved. */
export type LintOption = { lint?: boolean }

/**
 * Looks a template over before it is sent, so that all findings are told, also those that a genuine server would swallow.
 * Returns what the server is asked to do. With `--no-lint` findings are notes, and only what the server refuses is refused.
 */
export function acceptTemplate(
  { print }: CliContext,
  template: JsonObject,
  { lint = true }: LintOption,
): { lint: 'strict' | 'warn' } {
  const findings = lintTemplate(dropNumberSources(template) as JsonObject)
  if (!lint) {
    for (const finding of findings) print.note(`warning: ${findingText(finding)}`)
    return { lint: 'warn' }
  }
  if (findings.length === 0) return { lint: 'strict' }
  throw new CliFailure(
    `The template is not clean, so nothing was saved. Mend it, or add --no-lint to save it as it is:\n${findings.map((finding) => `  ${findingText(finding)}`).join('\n')}`,
  )
}

/** One finding on one line: where, and what. */
export function findingText({ pointer, message }: TemplateFinding): string {
  return `${pointer || '/'}: ${message}`
}
