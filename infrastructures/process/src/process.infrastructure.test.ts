import { exerciseInfrastructure } from '@aedile/worker/testing/exercise-infrastructure'
import { processSubject } from './testing/subject.ts'

exerciseInfrastructure(processSubject)
