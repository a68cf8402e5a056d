import { routes as adminRoutes } from './admin/routes.ts'
import { routes as artifactRoutes } from './artifacts/routes.ts'
import { routes as attemptRoutes } from './attempts/routes.ts'
import { routes as automationRoutes } from './automations/routes.ts'
import { routes as blockRoutes } from './blocks/routes.ts'
import { routes as collectionRoutes } from './collections/routes.ts'
import { routes as concurrencyLimitRoutes } from './concurrency-limits/routes.ts'
import { routes as csrfRoutes } from './csrf/routes.ts'
import { routes as deploymentRoutes } from './deployments/routes.ts'
import { routes as eventRoutes } from './events/routes.ts'
import { routes as flowRunRoutes } from './flow-runs/routes.ts'
import { routes as flowRoutes } from './flows/routes.ts'
import { routes as logRoutes } from './logs/routes.ts'
import { routes as metaRoutes } from './meta/routes.ts'
import type { Route } from './route.ts'
import { routes as runStateRoutes } from './run-states/routes.ts'
import { routes as taskRunRoutes } from './task-runs/routes.ts'
import { routes as variableRoutes } from './variables/routes.ts'
import { routes as workPoolRoutes } from './work-pools/routes.ts'
import { routes as workQueueRoutes } from './work-queues/routes.ts'
import { routes as workerRoutes } from './workers/routes.ts'

/** Every operation of the API, in the order of its documentation. */
export const routes: readonly Route[] = [
  ...metaRoutes,
  ...adminRoutes,
  ...csrfRoutes,
  ...flowRoutes,
  ...flowRunRoutes,
  ...runStateRoutes,
  ...attemptRoutes,
  ...taskRunRoutes,
  ...deploymentRoutes,
  ...workPoolRoutes,
  ...workQueueRoutes,
  ...workerRoutes,
  ...concurrencyLimitRoutes,
  ...logRoutes,
  ...eventRoutes,
  ...variableRoutes,
  ...artifactRoutes,
  ...blockRoutes,
  ...collectionRoutes,
  ...automationRoutes,
]
