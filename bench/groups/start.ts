import type { Group } from './group.ts'

/** From the start of the process until its health is answered: with an empty home directory, and again with the same one. */
export const start: Group = {
  name: 'start',
  title: 'Server start, until /health answers',
  databases: ['sqlite', 'postgres'],
  quickDatabases: ['sqlite'],
  async measure(stage, scale, tell) {
    const first: number[] = []
    const second: number[] = []
    for (let round = 0; round < scale.starts; round++) {
      const place = await stage.createPlace()
      for (const samples of [first, second]) {
        const { child, readySeconds } = await stage.startServer(place)
        samples.push(readySeconds * 1000)
        await child.stop()
      }
      tell(`first start ${first.at(-1)!.toFixed(0)} ms, second ${second.at(-1)!.toFixed(0)} ms`)
    }
    return [
      { what: 'first start, new database', figure: { kind: 'times', show: 'median', samples: first } },
      { what: 'second start', figure: { kind: 'times', show: 'median', samples: second } },
    ]
  },
}
