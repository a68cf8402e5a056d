import { exerciseInfrastructure } from '@aedile/worker/testing/exercise-infrastructure'
import { dockerSubject } from './testing/subject.ts'
import { withEngine } from './testing/with-engine.ts'

withEngine('the Docker type', () => exerciseInfrastructure(dockerSubject))
