import { uuid } from '@aedile/core/resources/scalars'
import { deploymentSchedule, deploymentScheduleCreate, deploymentScheduleUpdate } from '@aedile/core/resources/schedule'
import { nowMicroseconds } from '@aedile/core/time'
import { z } from 'zod'
import { deleteScheduledRuns } from '../../scheduling/delete-scheduled-runs.ts'
import type { Transaction } from '../../store/store.ts'
import type { Workspace } from '../../workspace.ts'
import { HttpError, type Route, route } from '../route.ts'
import { toSchedule } from './deployment-document.ts'
import { findDeployment, lockDeployment } from './find-deployment.ts'
import { acceptSchedules, changeSchedule, insertSchedules } from './write-schedules.ts'

const MISSING = 'Deployment not found.'
const ofDeployment = z.object({ id: uuid })
const one = ofDeployment.extend({ schedule_id: uuid })

/** The schedules of a deployment. Source: WC 4.4, 10. */
export const routes: Route[] = [
  route({
    method: 'GET',
    path: '/deployments/:id/schedules',
    summary: 'List the schedules of a deployment',
    resource: 'deployment',
    action: 'read',
    params: ofDeployment,
    responses: { 200: z.array(deploymentSchedule), 404: null },
    async handle({ workspace: { store }, params: { id } }) {
      await findDeployment(store.db, id, MISSING)
      const query = store.db.selectFrom('deployment_schedule').selectAll().where('deployment_id', '=', id)
      return (await query.orderBy('updated', 'desc').orderBy('id').execute()).map(toSchedule)
    },
  }),
  route({
    method: 'POST',
    path: '/deployments/:id/schedules',
    summary: 'Add schedules to a deployment',
    resource: 'deployment',
    action: 'update',
    params: ofDeployment,
    body: z.array(deploymentScheduleCreate),
    responses: { 201: z.array(deploymentSchedule), 404: null, 409: null },
    async handle({ workspace, params: { id }, body, reply }) {
      const schedules = acceptSchedules(body, ['body'], body)
      const rows = await workspace.store.write(async (transaction) => {
        await lockDeployment(transaction, id, MISSING)
        const made = await insertSchedules(transaction, id, schedules)
        await touch(transaction, workspace, id)
        return made
      })
      reply.code(201)
      return rows.map(toSchedule)
    },
  }),
  route({
    method: 'PATCH',
    path: '/deployments/:id/schedules/:schedule_id',
    summary: 'Change a schedule of a deployment',
    resource: 'deployment',
    action: 'update',
    params: one,
    body: deploymentScheduleUpdate,
    responses: { 204: null, 404: null },
    async handle({ workspace, params, body, reply }) {
      const [change] = acceptSchedules([body], ['body'], body)
      await workspace.store.write(async (transaction) => {
        await lockDeployment(transaction, params.id, MISSING)
        const before = await transaction.db
          .selectFrom('deployment_schedule')
          .selectAll()
          .where('id', '=', params.schedule_id)
          .where('deployment_id', '=', params.id)
          .executeTakeFirst()
        if (!before) throw new HttpError(404, 'Schedule not found.')
        await changeSchedule(transaction, before, change!)
        await deleteScheduledRuns(transaction, params.id, { autoScheduled: true, future: true })
        await touch(transaction, workspace, params.id)
      })
      reply.code(204)
    },
  }),
  route({
    method: 'DELETE',
    path: '/deployments/:id/schedules/:schedule_id',
    summary: 'Remove a schedule of a deployment',
    resource: 'deployment',
    action: 'update',
    params: one,
    responses: { 204: null, 404: null },
    async handle({ workspace, params, reply }) {
      await workspace.store.write(async (transaction) => {
        await lockDeployment(transaction, params.id, MISSING)
        const result = await transaction.db
          .deleteFrom('deployment_schedule')
          .where('id', '=', params.schedule_id)
          .where('deployment_id', '=', params.id)
          .executeTakeFirst()
        if (Number(result.numDeletedRows) === 0) throw new HttpError(404, 'Schedule not found.')
        await deleteScheduledRuns(transaction, params.id, { autoScheduled: true })
        await touch(transaction, workspace, params.id)
      })
      reply.code(204)
    },
  }),
]

/** The quick scheduler looks at deployments that were written lately. */
async function touch(transaction: Transaction, workspace: Workspace, id: string): Promise<void> {
  await transaction.db.updateTable('deployment').set({ updated: nowMicroseconds() }).where('id', '=', id).execute()
  transaction.afterCommit(() => workspace.changes.emit('deployments', [id]))
}
