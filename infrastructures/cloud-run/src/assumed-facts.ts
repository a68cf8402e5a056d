import type { TargetFacts } from '@aedile/core/infrastructure-definition'
import { PREVIEW_TARGET } from '@aedile/core/rendering/preview-words'

/** What a preview takes where nobody asked Google Cloud: the project that a worker's own credentials would name. */
export const ASSUMED_FACTS: TargetFacts = { id: PREVIEW_TARGET, project: '<project>' }
