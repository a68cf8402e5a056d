export { dockerDefinition } from './definition.ts'
export type { DockerRequest } from './request.ts'
