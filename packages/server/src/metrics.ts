import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** The figures of one work space, for Prometheus. */
export class Metrics {
  readonly registry = new Registry()
  readonly httpDuration: Histogram<'method' | 'route' | 'status'>
  readonly serviceRuns: Counter<'service'>
  readonly serviceErrors: Counter<'service'>
  readonly serviceDuration: Histogram<'service'>
  /** Each look wakes the process, at 20 ms fifty times a second: nine of ten wakes of a resting server. */
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 500 })

  constructor() {
    const registers = [this.registry]
    this.httpDuration = new Histogram({
      name: 'aedile_http_request_duration_seconds',
      help: 'How long requests took, by route.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    })
    this.serviceRuns = new Counter({
      name: 'aedile_service_runs_total',
      help: 'How often a service ran.',
      labelNames: ['service'],
      registers,
    })
    this.serviceErrors = new Counter({
      name: 'aedile_service_errors_total',
      help: 'How often a run of a service failed.',
      labelNames: ['service'],
      registers,
    })
    this.serviceDuration = new Histogram({
      name: 'aedile_service_duration_seconds',
      help: 'How long a run of a service took.',
      labelNames: ['service'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60],
      registers,
    })
    this.#addProcessGauges()
  }

  /** Adds a figure that is read when somebody asks for it. A reading that fails is left out. */
  addReading(name: string, help: string, read: () => Promise<number> | number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        try {
          this.set(await read())
        } catch {
          this.set(Number.NaN)
        }
      },
    })
  }

  /** Ends the measurement of the event loop. */
  stop(): void {
    this.#loopDelay.disable()
  }

  #addProcessGauges(): void {
    this.#loopDelay.enable()
    this.addReading(
      'aedile_event_loop_lag_p99_seconds',
      'How late the event loop was, 99th percentile since the last reading.',
      () => {
        const lag = this.#loopDelay.percentile(99) / 1e9
        this.#loopDelay.reset()
        return lag
      },
    )
    this.addReading('aedile_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss())
    this.addReading('aedile_uptime_seconds', 'How long the process runs.', () => process.uptime())
  }
}
