import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { SecondProcessNews, SecondProcessOrder } from './second-process.ts'

/** A second process as its parent sees it: an order to carry out, news to read, and a death. */
export class OtherProcess {
  readonly #child: ChildProcess
  readonly #news: SecondProcessNews[] = []
  readonly #ended: Promise<unknown>
  #taken = 0
  #wake: (() => void) | null = null

  constructor(module: string, order: SecondProcessOrder) {
    // A group of its own, so that a test can kill it with all that did not leave it.
    const options = { stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'], detached: true }
    this.#child = spawn(process.execPath, ['--conditions=aedile-source', module, JSON.stringify(order)], options)
    const lines = createInterface({ input: this.#child.stdout! })
    // What SIGKILL cut off in the middle of a line was not told.
    lines.on('line', (line) => {
      const news = parseNews(line)
      if (news) this.#news.push(news)
      this.#wake?.()
    })
    this.#ended = Promise.all([once(this.#child, 'exit'), once(lines, 'close')]).then(() => this.#wake?.())
  }

  /** The next news of a kind.
   * @throws Error when the process ended or failed without one.
   */
  async next<Kind extends SecondProcessNews['news']>(kind: Kind): Promise<Extract<SecondProcessNews, { news: Kind }>> {
    for (;;) {
      while (this.#taken < this.#news.length) {
        const news = this.#news[this.#taken++]!
        if (news.news === kind) return news as Extract<SecondProcessNews, { news: Kind }>
        if (news.news === 'failed') throw new Error(`the second process failed: ${news.message}`)
      }
      const change = new Promise<'change'>((resolve) => {
        this.#wake = () => resolve('change')
      })
      const first = await Promise.race([change, this.#ended.then(() => 'ended' as const)])
      if (first === 'ended' && this.#taken === this.#news.length) throw new Error(`the second process ended without ${kind}`)
    }
  }

  /** Kills it and its group as the kernel would, and waits until it is gone. All that it told. */
  async kill(): Promise<SecondProcessNews[]> {
    try {
      process.kill(-this.#child.pid!, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
    await this.#ended
    return this.#news
  }
}

function parseNews(line: string): SecondProcessNews | null {
  try {
    return JSON.parse(line) as SecondProcessNews
  } catch {
    return null
  }
}
