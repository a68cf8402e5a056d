import { isAedileError } from '@aedile/core/errors'
import { jsonObject } from '@aedile/core/resources/scalars'
import { orchestrationResult, setStateBody } from '@aedile/core/resources/state'
import { readClientFacts } from '../../orchestration/client-facts.ts'
import { buildProposedState } from '../../orchestration/run-state.ts'
import { setFlowRunState } from '../../orchestration/set-flow-run-state.ts'
import { HttpError, keyedBody, type Route, route } from '../route.ts'
import { resumeFlowRun } from './resume-flow-run.ts'
import { params } from './run-routes.ts'

/** Proposing states. 201 when a state was written, 200 when the present one holds. */
export const stateRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/flow_runs/:id/set_state',
    summary: 'Propose a state for a flow run',
    resource: 'flow-run',
    action: 'run',
    params,
    body: keyedBody(setStateBody.shape),
    responses: { 201: orchestrationResult, 200: orchestrationResult, 404: null },
    async handle({ workspace, principal, request, params: { id }, body, reply }) {
      const { result, created } = await setFlowRunState(workspace, {
        flowRunId: id,
        proposed: buildProposedState(body.state),
        force: body.force,
        client: readClientFacts(request.headers, principal),
      }).catch(asOrchestrationError)
      reply.code(created ? 201 : 200)
      return result
    },
  }),
  route({
    method: 'POST',
    path: '/flow_runs/:id/resume',
    summary: 'Resume a paused flow run',
    resource: 'flow-run',
    action: 'run',
    params,
    body: keyedBody({ run_input: jsonObject.optional() }),
    responses: { 201: orchestrationResult, 200: orchestrationResult, 404: null },
    async handle({ workspace, principal, request, params: { id }, body, reply }) {
      const client = readClientFacts(request.headers, principal)
      const answer = await resumeFlowRun(workspace, id, body.run_input ?? null, client).catch(asOrchestrationError)
      reply.code(answer.created ? 201 : 200)
      return answer.result
    },
  }),
]

/** A missing run answers in the words of the orchestration, without `detail`. Source: WC 6.7. */
export function asOrchestrationError(error: unknown): never {
  if (isAedileError(error, 'not_found')) throw new HttpError(404, { exception_message: error.message })
  throw error
}
