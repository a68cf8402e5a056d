import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { Subject } from './exercise-infrastructure.ts'
import { Recorder, Stage, untilWritten } from './stage.ts'

/** Stopping: asked first, killed after the grace time, and gone with all that it started. */
export function exerciseStop(subject: Subject): void {
  describe('stop', () => {
    const stage = new Stage(subject)

    /** Starts a script that writes the pids of all its processes to a file, then its last line. */
    const begin = async (script: (pids: string) => string) => {
      const pids = stage.file('pids')
      const handle = await stage.start(stage.attempt(script(pids)))
      const recorder = new Recorder()
      const observed = stage.observe(handle, recorder)
      await recorder.until('ready\n')
      const numbers = (await readFile(pids, 'utf8')).trim().split('\n').map(Number)
      return { handle, recorder, observed, pids: numbers }
    }
    const living = async (pids: number[]) => {
      const alive = await Promise.all(pids.map((pid) => stage.place.isAlive(pid)))
      return pids.filter((_, index) => alive[index])
    }

    it('asks first: a command that ends by itself may say goodbye', async () => {
      const thing = await begin(
        (pids) => `trap 'echo goodbye; exit 0' TERM; echo $$ > ${pids}; echo ready; while :; do sleep 0.02; done`,
      )
      await stage.connection.stop(thing.handle, 30)
      expect(await living(thing.pids)).toEqual([])
      expect(await thing.observed).toMatchObject({ kind: 'stopped' })
      expect(thing.recorder.text('stdout')).toBe('ready\ngoodbye\n')
    })

    it('kills what does not listen, its children too, and resolves when all are gone', async () => {
      const thing = await begin(
        (pids) => `trap '' TERM; sleep 300 & echo $! > ${pids}; echo $$ >> ${pids}; echo ready; while :; do sleep 0.02; done`,
      )
      await stage.connection.stop(thing.handle, 0.3)
      expect(thing.pids).toHaveLength(2)
      expect(await living(thing.pids)).toEqual([])
      expect(await thing.observed).toMatchObject({ kind: 'stopped' })
    })

    it('ends a child in a session of its own', async () => {
      const child = (pids: string) => `setsid sh -c 'trap "" TERM; echo $$ >> ${pids}; echo ready; while :; do sleep 0.02; done'`
      const thing = await begin((pids) => `echo $$ > ${pids}; ${child(pids)} & wait; wait`)
      await stage.connection.stop(thing.handle, 0.3)
      expect(thing.pids).toHaveLength(2)
      expect(await living(thing.pids)).toEqual([])
      await thing.observed
    })

    it('ends a daemon that forked twice and left session and parents', async () => {
      const daemon = (pids: string) =>
        `( setsid sh -c '( trap "" TERM; sh -c "echo \\$PPID >> ${pids}"; echo ready; while :; do sleep 0.02; done ) &' & )`
      const thing = await begin((pids) => `echo $$ > ${pids}; ${daemon(pids)}; sleep 300`)
      await stage.connection.stop(thing.handle, 0.3)
      expect(thing.pids).toHaveLength(2)
      expect(await living(thing.pids)).toEqual([])
      await thing.observed
    })

    it('leaves a neighbour alone', async () => {
      const script = (pids: string) => `echo $$ > ${pids}; echo ready; while :; do sleep 0.02; done`
      const [thing, neighbour] = [await begin(script), await begin(script)]
      await stage.connection.stop(thing.handle, 5)
      expect(await living([...thing.pids, ...neighbour.pids])).toEqual(neighbour.pids)
      await stage.connection.stop(neighbour.handle, 5)
      await Promise.all([thing.observed, neighbour.observed])
    })

    it('may come from another process than the start', async () => {
      const pids = stage.file('pids')
      const attempt = stage.attempt(`echo $$ > ${pids}; sleep 300`)
      const other = stage.other(attempt, { start: true, observe: {} })
      const pid = Number(await untilWritten(pids))
      await other.kill()
      expect(await living([pid])).toEqual([pid])
      await stage.connection.stop(attempt.handle, 5)
      expect(await living([pid])).toEqual([])
      expect(await stage.observe(attempt.handle, new Recorder())).toMatchObject({ kind: 'stopped' })
    })

    it('may be asked for twice at once', async () => {
      const thing = await begin((pids) => `trap '' TERM; echo $$ > ${pids}; echo ready; while :; do sleep 0.02; done`)
      await Promise.all([stage.connection.stop(thing.handle, 0.2), stage.connection.stop(thing.handle, 0.2)])
      expect(await living(thing.pids)).toEqual([])
      await thing.observed
    })

    it('says that it is not found when it is gone already, and leaves its outcome as it was', async () => {
      const { handle } = await stage.run('exit 3')
      await expect(stage.connection.stop(handle, 1)).rejects.toMatchObject({ code: 'infrastructure_not_found' })
      expect(await stage.observe(handle, new Recorder())).toMatchObject({ kind: 'failed', exitCode: 3 })
    })

    it('says that it is not available when it is on another target, and stops nothing', async () => {
      const gate = stage.file('gate')
      const handle = await stage.start(stage.attempt(`while [ ! -e ${gate} ]; do sleep 0.02; done; exit 2`))
      const elsewhere = { ...handle, target: 'somewhere:else' }
      await expect(stage.connection.stop(elsewhere, 0)).rejects.toMatchObject({ code: 'infrastructure_not_available' })
      await writeFile(gate, '')
      expect(await stage.observe(handle, new Recorder())).toMatchObject({ kind: 'failed', exitCode: 2 })
    })
  })
}
