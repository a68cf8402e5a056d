import { serveSecondProcess } from '@aedile/worker/testing/second-process'
import { dockerDriver } from '../driver.ts'

// The entry of the conformance suite's second processes.
await serveSecondProcess(dockerDriver)
