import type { JsonObject } from '@aedile/core/json'
import { compareRenderings } from '@aedile/core/rendering/compare-renderings'
import type { RenderResult } from '@aedile/core/rendering/render-answer'
import type { CliContext } from '../cli-context.ts'
import { findInfrastructures, loadDefinition } from '../compose/infrastructures.ts'
import { CliFailure, EXIT_CODES } from '../failure.ts'
import { askRendering, type Rendered } from './ask-rendering.ts'
import { printChanges } from './changes-text.ts'
import { parseSet } from './parse-set.ts'
import { describeNotes, requestYaml } from './rendering-text.ts'
import { findOther, type Subject } from './subject.ts'

/** The options of `addRenderOptions`. */
export type RenderOptions = {
  set?: string[]
  explain?: boolean
  worker?: string
  diff?: string
  output: 'yaml' | 'json' | 'curl'
}

/** Renders, and prints the request or what differs. Nothing is created or sent. */
export async function runRender(context: CliContext, options: RenderOptions, subject: Subject): Promise<void> {
  const jobVariables = parseSet(options.set, subject.pool)
  const worker = options.worker ?? null
  const explain = options.explain === true || options.diff !== undefined
  const here = await askRendering(context, subject, { jobVariables, worker, explain })
  if (here.isLocal) context.print.note(`The server at ${context.apiUrl} cannot render this itself; it was rendered here.`)
  if (options.diff === undefined) return printRendering(context, options, { ...here, subject })
  const other = await findOther(context.client, options.diff, subject)
  // What is compared with the type's own template is the same job; another run or deployment has its own variables.
  const there = other.template
    ? await askRendering(context, subject, { jobVariables, worker, explain, baseJobTemplate: other.template })
    : await askRendering(context, other.subject, { jobVariables: {}, worker, explain })
  await printDifference(context, { here: here.result, there: there.result, hereName: subject.name, thereName: other.name })
}

async function printRendering(
  context: CliContext,
  { output, explain }: RenderOptions,
  rendered: Rendered & { subject: Subject },
) {
  const { result, subject } = rendered
  const { print } = context
  if (print.isJson) return print.result({ work_pool: subject.pool.name, type: subject.pool.type, ...result }, () => {})
  const notes = describeNotes(result, explain === true)
  if (output === 'yaml') {
    const head = `What a worker of type ${subject.pool.type} would create for ${subject.name}; nothing was created.`
    const yaml = await requestYaml(result, explain === true)
    print.line([`# ${head}`, yaml, ...notes.map((note) => `# ${note}`)].join('\n'))
    return
  }
  print.line(output === 'json' ? JSON.stringify(result.request, null, 2) : await requestShell(context, subject, result.request))
  for (const note of notes) print.note(note)
}

async function requestShell({ infrastructures }: CliContext, { pool }: Subject, request: JsonObject): Promise<string> {
  const definition = await loadDefinition(findInfrastructures(infrastructures), pool.type)
  if (definition.toShell) return definition.toShell(request).join('\n')
  const why = `Requests of type ${pool.type} cannot be sent with curl: there is no HTTP API to send them to.`
  throw new CliFailure(`${why} Choose -o yaml or -o json.`, EXIT_CODES.usage.code)
}

type Difference = { here: RenderResult; there: RenderResult; hereName: string; thereName: string }

async function printDifference({ print }: CliContext, { here, there, hereName, thereName }: Difference): Promise<void> {
  const changes = compareRenderings(here, there)
  await print.result({ here: hereName, there: thereName, changes }, () => printChanges(print, changes, [hereName, thereName]))
  if (changes.length > 0) process.exitCode = EXIT_CODES.different.code
}
