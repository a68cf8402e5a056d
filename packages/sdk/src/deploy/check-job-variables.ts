import { AedileError } from '@aedile/core/errors'
import type { JsonObject } from '@aedile/core/json'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import { findUnknownVariables, findVariableFailures } from '@aedile/core/templates/job-variables'

/**
 * Checks job variables against a pool's template before anything is sent: a server takes unknown ones in silence. Returns
 * what is to be said when unknown ones are allowed.
 * @throws AedileError `job_variables_refused` with every fault.
 */
export function checkJobVariables(variables: JsonObject, pool: WorkPool, allowUnknown: boolean): string[] {
  const template = pool.base_job_template
  const unknown = findUnknownVariables(variables, template).map(({ message }) => message)
  const faults = findVariableFailures(variables, template).map(({ message }) => message)
  const refused = allowUnknown ? faults : [...unknown, ...faults]
  if (refused.length > 0) throw new AedileError('job_variables_refused', { pool: pool.name, why: refused.join(' ') })
  return unknown
}
