import { z } from 'zod'

/** Whether an answer shows secrets. The words are those that genuine servers take for true and false. */
export const includeSecretsQuery = z.object({
  include_secrets: z
    .stringbool({ truthy: ['true', '1', 'yes', 'on', 't', 'y'], falsy: ['false', '0', 'no', 'off', 'f', 'n'] })
    .default(false),
})
