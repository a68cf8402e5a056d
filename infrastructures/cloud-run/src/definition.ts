import { cloudRunDefinition } from './v1/definition.ts'
import { cloudRunV2Definition } from './v2/definition.ts'

export { cloudRunDefinition, cloudRunV2Definition }

/** The types of this package, for who looks infrastructures up by package. */
export const definitions = [cloudRunDefinition, cloudRunV2Definition]
