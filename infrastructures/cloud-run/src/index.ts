export { cloudRunDefinition, cloudRunV2Definition } from './definition.ts'
