import { readFile, writeFile } from 'node:fs/promises'
import type { Handle } from '@aedile/core/infrastructure-definition'
import { describe, expect, it } from 'vitest'
import type { Subject } from './exercise-infrastructure.ts'
import { OUR_SERVER, Recorder, Stage, waitFor } from './stage.ts'

const OTHER_SERVER = '00000000-0000-4000-8000-00000000b0b0'

/** Listing and removing: all that is ours, nothing that is not. */
export function exerciseRemoval(subject: Subject): void {
  describe('list and remove', () => {
    const stage = new Stage(subject)

    const listed = async (owner: string): Promise<Handle[]> => {
      const handles: Handle[] = []
      for await (const handle of stage.connection.list(owner)) handles.push(handle)
      return handles
    }
    const names = async (owner: string) => (await listed(owner)).map((handle) => handle.name)

    it('lists a thing with its whole handle, while it runs and after its end, until it is removed', async () => {
      const gate = stage.file('gate')
      const handle = await stage.start(stage.attempt(waitFor(gate)))
      expect(await listed(OUR_SERVER)).toContainEqual(handle)
      await writeFile(gate, '')
      await stage.observe(handle, new Recorder())
      expect(await names(OUR_SERVER)).toContain(handle.name)
      await stage.connection.remove(handle)
      expect(await names(OUR_SERVER)).not.toContain(handle.name)
      expect(await stage.observe(handle, new Recorder())).toMatchObject({ kind: 'not-found' })
    })

    it('removes by a handle from the list of another connection', async () => {
      const { handle } = await stage.run('true')
      const other = await subject.driver.connect(stage.place.target, stage.place.credentials)
      for await (const found of other.list(OUR_SERVER)) if (found.name === handle.name) await other.remove(found)
      await other.close()
      expect(await names(OUR_SERVER)).not.toContain(handle.name)
    })

    it('may remove twice, and what was never started', async () => {
      const { handle } = await stage.run('true')
      await stage.connection.remove(handle)
      await stage.connection.remove(handle)
      await stage.connection.remove(stage.attempt('true').handle)
    })

    it('never starts again what was removed', async () => {
      const runs = stage.file('runs')
      const { attempt, handle } = await stage.run(`echo run >> ${runs}`)
      await stage.connection.remove(handle)
      await expect(stage.start(attempt)).rejects.toThrow(/removed/)
      expect(await readFile(runs, 'utf8')).toBe('run\n')
    })

    it('never starts again what another connection had announced to start, though it was removed for good', async () => {
      const runs = stage.file('runs')
      const { attempt, handle } = await stage.run(`echo run >> ${runs}`)
      const other = await subject.driver.connect(stage.place.target, stage.place.credentials)
      await other.announce?.(handle)
      await stage.connection.remove(handle, { hasOneStarter: true })
      const io = { sink: new Recorder(), signal: AbortSignal.timeout(60_000) }
      await expect(other.start(attempt.request, attempt.handle, io)).rejects.toThrow(/removed/)
      await other.close()
      expect(await readFile(runs, 'utf8')).toBe('run\n')
    })

    it('keeps what its handle says to keep', async () => {
      const { handle } = await stage.run('true')
      await stage.connection.remove({ ...handle, keep: true })
      expect(await names(OUR_SERVER)).toContain(handle.name)
    })

    it('leaves a thing of another server alone, also by a handle of the same name', async () => {
      const gate = stage.file('gate')
      const theirs = await stage.start(stage.attempt(`${waitFor(gate)}; exit 8`, { server: OTHER_SERVER }))
      const ours = { ...theirs, server: OUR_SERVER }
      expect(await names(OUR_SERVER)).not.toContain(theirs.name)
      expect(await names(OTHER_SERVER)).toEqual([theirs.name])
      await stage.connection.remove(ours)
      await expect(stage.connection.stop(ours, 0)).rejects.toMatchObject({ code: 'infrastructure_not_found' })
      await writeFile(gate, '')
      expect(await stage.observe(theirs, new Recorder())).toMatchObject({ kind: 'failed', exitCode: 8 })
      expect(await names(OTHER_SERVER)).toEqual([theirs.name])
    })

    it('leaves something foreign of the same name alone', async () => {
      const { handle } = stage.attempt('true')
      const foreign = await stage.place.makeForeign(handle.name)
      expect(await names(OUR_SERVER)).not.toContain(handle.name)
      await stage.connection.remove(handle)
      expect(await foreign.isThere()).toBe(true)
    })

    it('says that a thing on another target is not available', async () => {
      const { handle } = await stage.run('true')
      const elsewhere = { ...handle, target: 'somewhere:else' }
      await expect(stage.connection.remove(elsewhere)).rejects.toMatchObject({ code: 'infrastructure_not_available' })
      expect(await names(OUR_SERVER)).toContain(handle.name)
    })
  })
}
