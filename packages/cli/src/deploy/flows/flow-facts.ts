import type { JsonObject } from '@aedile/core/json'

/** What a deployment takes from its flow. */
export type FlowFacts = {
  name: string
  /** `file:flow`, relative to the folder; null for a flow that is a plain command. */
  entrypoint: string | null
  description: string | null
  version: string | null
  tags: string[]
  parameterSchema: JsonObject
}

/** The schema of a flow whose parameters are not known: anything is taken. */
export const ANY_PARAMETERS: JsonObject = { title: 'Parameters', type: 'object', properties: {} }
