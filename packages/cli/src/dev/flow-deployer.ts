import { relative } from 'node:path'
import { deleteDeployment } from '@aedile/core/client/deployments'
import { isAedileError } from '@aedile/core/errors'
import type { WorkPool } from '@aedile/core/resources/work-pool'
import { saveDeployment } from '@aedile/sdk/deploy/save-deployment'
import type { CliContext } from '../cli-context.ts'
import { completeDeployment } from '../deploy/complete-deployment.ts'
import { readScriptFlows } from '../deploy/flows/read-script-flows.ts'
import type { ScriptFlow } from '../deploy/flows/script-thread.ts'
import { explainError } from '../failure.ts'
import type { CodeChange } from './code-watcher.ts'

/** The name of every deployment that is made here. */
const DEPLOYMENT = 'dev'

type Deployed = { id: string; file: string; text: string }

/** Keeps deployments in step with the files that their flows are in. A file that is broken is told, and the others go on. */
export class FlowDeployer {
  readonly #context: CliContext
  readonly #pool: WorkPool
  readonly #folder: string
  readonly #say: (text: string) => void
  readonly #deployed = new Map<string, Deployed>()
  #turn: Promise<void> = Promise.resolve()

  constructor(options: { context: CliContext; pool: WorkPool; folder: string; say: (text: string) => void }) {
    this.#context = options.context
    this.#pool = options.pool
    this.#folder = options.folder
    this.#say = options.say
  }

  /** The deployments that there are, by their full names. */
  get names(): string[] {
    return [...this.#deployed.keys()].map((flow) => `${flow}/${DEPLOYMENT}`)
  }

  /** Deploys what has changed. Changes are worked through one after the other. */
  update(change: CodeChange): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      for (const file of change.removed) await this.#keepOnly(file, [])
      for (const file of change.changed) await this.#updateFile(file)
    })
    return this.#turn
  }

  async #updateFile(path: string): Promise<void> {
    const file = relative(this.#folder, path)
    try {
      const flows = (await readScriptFlows(file, this.#folder)).filter((flow) => this.#isAtHome(flow, path))
      if (flows.length === 0) this.#say(`${file} exports no flow.`)
      for (const flow of flows) await this.#deploy(flow, path)
      await this.#keepOnly(
        path,
        flows.map(({ name }) => name),
      )
    } catch (error) {
      const kept = [...this.#deployed.values()].some((one) => one.file === path)
      this.#say(`${explainError(error)}${kept ? '\n  Its flows stay as they were deployed before.' : ''}`)
    }
  }

  /** A flow that a file only hands on is deployed from the file that made it. */
  #isAtHome({ name, madeIn }: ScriptFlow, path: string): boolean {
    const other = this.#deployed.get(name)
    if (!other || other.file === path) return true
    if (madeIn === path) {
      this.#say(
        `${relative(this.#folder, path)} has a flow ${name}, and so has ${relative(this.#folder, other.file)}: give one another name.`,
      )
    }
    return false
  }

  async #deploy(flow: ScriptFlow, file: string): Promise<void> {
    const { client, print } = this.#context
    const fullName = `${flow.name}/${DEPLOYMENT}`
    const prepared = { fullName, name: DEPLOYMENT, flow, pool: this.#pool, entry: {}, build: [], push: [], pull: null }
    const body = completeDeployment(prepared, {}, { folder: this.#folder, environment: {}, givenVariables: {}, note: this.#say })
    const text = JSON.stringify(body)
    const before = this.#deployed.get(flow.name)
    if (before?.text === text) return
    const id = await saveDeployment(client, flow.name, body)
    this.#deployed.set(flow.name, { id, file, text })
    this.#say(`${before ? 'Deployed again' : 'Deployed'}: ${print.color.bold(fullName)} (${flow.entrypoint})`)
  }

  async #keepOnly(file: string, names: string[]): Promise<void> {
    for (const [name, deployed] of this.#deployed) {
      if (deployed.file !== file || names.includes(name)) continue
      this.#deployed.delete(name)
      await deleteDeployment(this.#context.client, deployed.id).catch((error: unknown) => {
        if (!isAedileError(error, 'api_not_found')) throw error
      })
      this.#say(`Gone: ${name}/${DEPLOYMENT}; its deployment was removed.`)
    }
  }
}
