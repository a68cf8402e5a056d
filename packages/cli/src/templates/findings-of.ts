import type { TemplateFinding, WorkPool } from '@aedile/core/resources/work-pool'
import { lintTemplate } from '@aedile/core/templates/lint'

/** What is wrong with a pool's template: as its server says, or, of a genuine server, which says nothing, as we see it. */
export function findingsOf(pool: WorkPool): TemplateFinding[] {
  return pool.aedile_warnings ?? lintTemplate(pool.base_job_template)
}
