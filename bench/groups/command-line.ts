import { join } from 'node:path'
import type { Result } from '../figures.ts'
import { Child } from '../stage/child.ts'
import type { Group } from './group.ts'

/** The command line: help, and a list that asks the server. */
export const commandLine: Group = {
  name: 'cli',
  title: 'Command line',
  databases: ['sqlite'],
  async measure(stage, scale, tell) {
    const server = await stage.startServer()
    const results: Result[] = []
    for (const args of [['--help'], ['work-pool', 'ls']]) {
      const samples: number[] = []
      // The first call fills the caches of the file system, and a genuine command line's own.
      for (let call = 0; call <= scale.cliCalls; call++) {
        const launch = stage.product.cli(args, { apiUrl: server.apiUrl, home: server.home })
        const child = new Child(launch, { cwd: stage.folder, log: join(stage.folder, 'cli.log') })
        const { code, milliseconds } = await child.ended
        if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}.`)
        if (call > 0) samples.push(milliseconds)
      }
      tell(`${args.join(' ')}: ${samples.map((sample) => sample.toFixed(0)).join(', ')} ms`)
      results.push({ what: `\`${args.join(' ')}\``, figure: { kind: 'times', show: 'median', samples } })
    }
    return results
  },
}
