import { AedileError } from '@aedile/core/errors'
import type { FastifyInstance, FastifyReply } from 'fastify'

/** How often the oldest requests are looked at, at most. */
const LOOK_MILLISECONDS = 1000

/**
 * Answers requests that take too long, as busy. One timer looks after all of them: a timer and a signal for each request,
 * as Fastify's own limit has, took a twentieth of a busy server's time.
 */
export class AnswerDeadlines {
  readonly #milliseconds: number
  /** The open requests by the time they have; they were added in that order. */
  readonly #open = new Map<FastifyReply, number>()
  #timer: NodeJS.Timeout | undefined

  /** @param milliseconds from a request's headers until it must be answered. */
  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds
  }

  attach(app: FastifyInstance): void {
    app.addHook('onRequest', (_request, reply, done) => {
      this.#open.set(reply, performance.now() + this.#milliseconds)
      this.#timer ??= this.#lookLater()
      done()
    })
    app.addHook('onResponse', (_request, reply, done) => {
      this.#open.delete(reply)
      done()
    })
    app.addHook('onClose', (_app, done) => {
      clearTimeout(this.#timer)
      done()
    })
  }

  #lookLater(): NodeJS.Timeout {
    return setTimeout(() => this.#look(), Math.min(LOOK_MILLISECONDS, this.#milliseconds)).unref()
  }

  #look(): void {
    const now = performance.now()
    for (const [reply, until] of this.#open) {
      if (until > now) break
      this.#open.delete(reply)
      giveUp(reply)
    }
    this.#timer = this.#open.size === 0 ? undefined : this.#lookLater()
  }
}

/** An answer that has begun cannot become another one: its connection is closed. */
function giveUp(reply: FastifyReply): void {
  if (reply.raw.headersSent) reply.raw.destroy()
  else if (!reply.sent) reply.send(new AedileError('server_busy'))
}
