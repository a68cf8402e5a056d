import type { Route } from '../route.ts'
import { runRoutes } from './run-routes.ts'
import { searchRoutes } from './search-routes.ts'

/** Every operation of task runs. Source: WC 6.4, 10. */
export const routes: Route[] = [...runRoutes, ...searchRoutes]
