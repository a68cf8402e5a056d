import { Recorder } from '@aedile/worker/testing/stage'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, startEngine } from '../../../scripts/docker/engine.mjs'
import { DockerStage } from './testing/docker-stage.ts'
import { withEngine } from './testing/with-engine.ts'

/** A script that counts until a file of the container says to end. */
const COUNT = "sh -c 'i=0; while [ ! -e /tmp/end ]; do i=$((i + 1)); echo $i; sleep 0.02; done; exit 5'"

/** As a worker does: what cannot be told is asked again, from the cursor that was told last. */
async function observeAgain(stage: DockerStage, handle: Parameters<DockerStage['observe']>[0], recorder: Recorder) {
  const kinds: string[] = []
  for (;;) {
    const outcome = await stage.observe(handle, recorder, recorder.cursors.at(-1))
    kinds.push(outcome.kind)
    if (outcome.kind !== 'cannot-tell') return { outcome, kinds }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function expectCounted(text: string) {
  const lines = text.trimEnd().split('\n')
  expect(lines).toEqual(lines.map((_, index) => String(index + 1)))
}

// An engine of its own: other tests use the shared one.
withEngine('an engine that goes away', () => {
  describe.each([{ liveRestore: false }, { liveRestore: true }])('with %j', ({ liveRestore }) => {
    let engine: Engine
    let stage: DockerStage
    beforeAll(async () => {
      engine = await startEngine({ liveRestore })
      stage = await DockerStage.open(engine.host)
    })
    afterAll(async () => {
      await stage?.close().catch(() => {})
      await engine?.stop()
    })

    it('is another one than its neighbour on the same host', async () => {
      const neighbour = await DockerStage.open()
      const { handle } = await neighbour.run({ command: 'true' })
      expect(await stage.observe(handle)).toMatchObject({ kind: 'not-mine' })
      await expect(stage.connection.stop(handle, 0)).rejects.toMatchObject({ code: 'infrastructure_not_available' })
      await neighbour.close()
    })

    it.each(['SIGTERM', 'SIGKILL'] as const)('by %s: meanwhile nothing can be told, then the truth is', async (signal) => {
      const handle = await stage.start(stage.attempt({ command: COUNT }))
      const recorder = new Recorder()
      const observed = observeAgain(stage, handle, recorder)
      await recorder.until('\n5\n')
      await engine.end(signal)
      expect(await stage.observe(handle)).toMatchObject({ kind: 'cannot-tell', reason: expect.stringContaining(engine.host) })
      await expect(stage.connection.stop(handle, 0)).rejects.toMatchObject({
        code: 'infrastructure_unreachable',
        retryable: true,
      })
      await engine.start()
      if (liveRestore) {
        await stage.outside.putFile(String(handle.native.containerId), '/tmp', 'end')
      }
      const { outcome, kinds } = await observed
      expect(kinds).toContain('cannot-tell')
      expectCounted(recorder.text('stdout'))
      if (liveRestore) expect(outcome).toMatchObject({ kind: 'failed', exitCode: 5 })
      else expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringContaining('The Docker engine went down') })
    })
  })
})
