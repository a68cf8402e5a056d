import { exerciseInfrastructure } from '@aedile/worker/testing/exercise-infrastructure'
import { describe } from 'vitest'
import { named, testEngine } from './testing/engine.ts'
import { dockerSubject } from './testing/subject.ts'

describe.skipIf(!testEngine)(named('on a Docker engine'), () => exerciseInfrastructure(dockerSubject))
