import { routes as adminRoutes } from './admin/routes.ts'
import { routes as artifactRoutes } from './artifacts/routes.ts'
import { routes as blockRoutes } from './blocks/routes.ts'
import { routes as collectionRoutes } from './collections/routes.ts'
import { routes as csrfRoutes } from './csrf/routes.ts'
import { routes as flowRoutes } from './flows/routes.ts'
import { routes as metaRoutes } from './meta/routes.ts'
import type { Route } from './route.ts'
import { routes as variableRoutes } from './variables/routes.ts'

/** Every operation of the API, in the order of its documentation. */
export const routes: readonly Route[] = [
  ...metaRoutes,
  ...adminRoutes,
  ...csrfRoutes,
  ...flowRoutes,
  ...variableRoutes,
  ...artifactRoutes,
  ...blockRoutes,
  ...collectionRoutes,
]
