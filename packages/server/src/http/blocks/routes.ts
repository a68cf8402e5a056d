import type { Route } from '../route.ts'
import { routes as documentRoutes } from './document-routes.ts'
import { routes as schemaRoutes } from './schema-routes.ts'
import { routes as typeRoutes } from './type-routes.ts'

export const routes: Route[] = [...typeRoutes, ...schemaRoutes, ...documentRoutes]
