import { pino } from 'pino'
import { expect, it } from 'vitest'
import { Changes } from '../changes.ts'
import { Metrics } from '../metrics.ts'
import type { Service } from './service.ts'
import { ServiceRunner } from './service-runner.ts'

/** A service whose passes a test starts to await, and ends. */
class SteppedService implements Service {
  readonly name = 'stepped'
  readonly intervalSeconds = 3600
  readonly wakeOn = ['deployments'] as const
  passes = 0
  active = 0
  mostActive = 0
  failing = false
  #begun = Promise.withResolvers<void>()
  #released = Promise.withResolvers<void>()

  async runOnce(signal: AbortSignal): Promise<void> {
    this.passes++
    this.active++
    this.mostActive = Math.max(this.mostActive, this.active)
    this.#begun.resolve()
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    await Promise.race([this.#released.promise, aborted])
    this.active--
    if (this.failing) throw new Error('failed on purpose')
  }

  begun(): Promise<void> {
    return this.#begun.promise
  }

  release(): void {
    this.#begun = Promise.withResolvers()
    this.#released.resolve()
    this.#released = Promise.withResolvers()
  }
}

function build(service: Service) {
  const metrics = new Metrics()
  const changes = new Changes()
  const runner = new ServiceRunner([service], { log: pino({ level: 'silent' }), metrics, changes })
  const stop = async () => {
    await runner.stop()
    metrics.stop()
  }
  return { runner, metrics, changes, stop }
}

it('runs again at once when it is woken or its change came, never twice at a time', async () => {
  const service = new SteppedService()
  const { runner, changes, stop } = build(service)
  runner.start()
  await service.begun()
  runner.wake('stepped')
  changes.emit('deployments', [])
  service.release()
  await service.begun()
  expect([service.passes, service.mostActive]).toEqual([2, 1])
  await stop()
})

it('lets wakes gather, so that one pass serves those that came close together', async () => {
  let passes = 0
  const second = Promise.withResolvers<void>()
  const service: Service = {
    name: 'counting',
    intervalSeconds: 3600,
    wakeOn: ['deployments'],
    gatherMilliseconds: 200,
    async runOnce() {
      if (++passes === 2) second.resolve()
    },
  }
  const { runner, changes, stop } = build(service)
  runner.start()
  for (let wakes = 0; wakes < 5; wakes++) {
    await new Promise((resolve) => setImmediate(resolve))
    changes.emit('deployments', [])
  }
  await second.promise
  await new Promise((resolve) => setImmediate(resolve))
  expect(passes).toBe(2)
  await stop()
})

it('goes on after an error and counts it', async () => {
  const service = new SteppedService()
  service.failing = true
  const { runner, metrics, stop } = build(service)
  runner.start()
  await service.begun()
  runner.wake('stepped')
  service.release()
  await service.begun()
  await stop()
  expect(await metrics.registry.metrics()).toContain('aedile_service_errors_total{service="stepped"} 1')
})

it('tells a running pass to stop and waits for it', async () => {
  const service = new SteppedService()
  const { runner, stop } = build(service)
  runner.start()
  await service.begun()
  await stop()
  expect(service.active).toBe(0)
  runner.wake('stepped')
  expect(service.passes).toBe(1)
})
