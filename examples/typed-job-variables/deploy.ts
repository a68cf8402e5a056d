import { flow, isMain } from '@aedile/sdk'
// Without this line `batch` is a pool like any other, and its job variables may be anything.
import type {} from './work-pools/batch.ts'

/** A flow that knows nothing of where it runs. */
export const cleanUp = flow(async function cleanUp({ days = 30 }: { days?: number }) {
  return `${process.env.REGION}: records older than ${days} days, ${process.env.BATCH_SIZE} at a time`
})

if (isMain(import.meta)) {
  await cleanUp.deploy({
    workPool: 'batch',
    // `batchSize: 500` or `region: 'asia'` would not compile.
    jobVariables: { region: 'us', batch_size: 500, 'env.LOG_LEVEL': 'debug' },
  })
}
