import type { Route } from '../route.ts'
import { bulkRoutes } from './bulk-routes.ts'
import { graphRoutes } from './graph-routes.ts'
import { inputRoutes } from './input-routes.ts'
import { logRoutes } from './log-routes.ts'
import { runRoutes } from './run-routes.ts'
import { searchRoutes } from './search-routes.ts'
import { stateRoutes } from './state-routes.ts'

/** Every operation of flow runs. Source: WC 6.3, 10. */
export const routes: Route[] = [
  ...runRoutes,
  ...searchRoutes,
  ...stateRoutes,
  ...inputRoutes,
  ...graphRoutes,
  ...logRoutes,
  ...bulkRoutes,
]
