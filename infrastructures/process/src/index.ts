export { processDefinition } from './definition.ts'
export { processDriver } from './driver.ts'
