import type { BareStore } from './bare-store.ts'
import { type GivenEvent, type Row, toEventRows } from './rows.ts'

/** As Aedile's server lets states gather before it makes events of them. */
const GATHER_MILLISECONDS = 25

/** Stores the event of each state that a run gets, in groups, after the state is committed. */
export class StateEvents {
  readonly #store: BareStore
  #waiting: Row[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(store: BareStore) {
    this.#store = store
  }

  /** Tells of a state that was written. */
  tell(state: Row): void {
    this.#waiting.push(state)
    this.#timer ??= setTimeout(() => void this.#flush(), GATHER_MILLISECONDS)
  }

  async #flush(): Promise<void> {
    const rows = this.#waiting.map((state) => toEventRows(toEvent(state)))
    this.#waiting = []
    this.#timer = undefined
    await this.#store.appendEvents({
      events: rows.map(({ event }) => event),
      resources: rows.flatMap(({ resources }) => resources),
    })
  }
}

function toEvent(state: Row): GivenEvent {
  const occurred = new Date(Number(state.timestamp) / 1000).toISOString()
  const validated = { type: state.type, name: state.name }
  return {
    id: String(state.id),
    occurred,
    event: `prefect.flow-run.${state.name}`,
    resource: {
      'prefect.resource.id': `prefect.flow-run.${state.flow_run_id}`,
      'prefect.resource.name': 'bench',
      'prefect.run-count': '0',
      'prefect.state-message': '',
      'prefect.state-name': String(state.name),
      'prefect.state-timestamp': occurred,
      'prefect.state-type': String(state.type),
    },
    related: [{ 'prefect.resource.id': 'prefect.flow.bench', 'prefect.resource.role': 'flow', 'prefect.resource.name': 'bench' }],
    payload: { intended: { from: null, to: state.type }, initial_state: null, validated_state: validated },
  }
}
