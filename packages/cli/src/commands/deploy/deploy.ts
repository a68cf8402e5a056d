import type { ImageOrder } from '@aedile/core/image-builder'
import { createReferenceLookup } from '@aedile/sdk/execute/reference-lookup'
import type { CliContext } from '../../cli-context.ts'
import { completeDeployment, type DeploymentBody } from '../../deploy/complete-deployment.ts'
import { type DeployOptions, givenOptions } from '../../deploy/deploy-options.ts'
import { applyOptions } from '../../deploy/file/apply-options.ts'
import type { DeployEntry } from '../../deploy/file/deploy-entry.ts'
import { type DeployFile, readDeployFile } from '../../deploy/file/read-deploy-file.ts'
import { selectEntries } from '../../deploy/file/select-entries.ts'
import { Images, readImageOrder } from '../../deploy/images.ts'
import { parseJobVariables } from '../../deploy/job-variables.ts'
import { type DeployPlace, type PreparedDeployment, prepareDeployment } from '../../deploy/prepare-deployment.ts'
import { saveDeployments } from '../../deploy/save-deployments.ts'
import { runSteps } from '../../deploy/steps.ts'

/** Makes deployments. Everything is read and checked before the first is written. */
export async function run(context: CliContext, options: DeployOptions, entrypoint: string | undefined): Promise<void> {
  const { client, sources } = context
  const place = { folder: process.cwd(), environment: sources.environment, lookup: createReferenceLookup(client) }
  const file = readDeployFile(options.prefectFile, place.folder)
  const jobVariables = parseJobVariables(options.jobVariable)
  const entries = chooseEntries(context, options, file, { entrypoint: entrypoint ?? null, jobVariables })
  const prepared: PreparedDeployment[] = []
  for (const entry of entries) prepared.push(await prepareDeployment(context, entry, file?.actions ?? {}, place))
  const images = new Images(place.folder)
  const order = prepared.length === 1 ? await readImageOrder(options, prepared[0]!, { ...place, images }) : null
  const wanted: { prepared: PreparedDeployment; body: DeploymentBody; digest: string | null }[] = []
  for (const one of prepared) {
    const { outputs, built, pushed } = await buildAll(context, one, { ...place, images, order })
    const body = completeDeployment(
      one,
      { ...outputs, ...jobVariables },
      {
        ...place,
        built,
        givenVariables: jobVariables,
        allowUnknownVariables: options.allowUnknownVariables,
        note: context.print.note,
      },
    )
    const digest = pushed.find(({ image }) => image === body.job_variables.image)?.digest ?? null
    wanted.push({ prepared: one, body, digest })
  }
  await saveDeployments(context, wanted)
}

/** What is deployed: one deployment with the command line laid over it, or several as the file has them. */
function chooseEntries(
  { print }: CliContext,
  options: DeployOptions,
  file: DeployFile | null,
  words: Pick<Parameters<typeof applyOptions>[2], 'entrypoint' | 'jobVariables'>,
): DeployEntry[] {
  const { entries, name, notes } = selectEntries(file?.deployments ?? [], {
    names: options.name ?? [],
    all: options.all === true,
    isNew: words.entrypoint !== null || options.flow !== undefined,
  })
  for (const note of notes) print.note(note)
  if (entries.length === 1) return [applyOptions(entries[0]!, options, { ...words, name })]
  const ignored = [...(words.entrypoint === null ? [] : [words.entrypoint]), ...givenOptions(options)]
  if (ignored.length > 0) {
    print.note(`${entries.length} deployments are made as ${file?.path} has them; left out: ${ignored.join(', ')}`)
  }
  const none = { enforceParameterSchema: true }
  return entries.map((entry) => applyOptions(entry, none, { entrypoint: null, name: null, jobVariables: {} }))
}

/** Runs the steps of a deployment, then builds the image of the command line. Ctrl-C ends them. */
async function buildAll(
  { print }: CliContext,
  { build, push, flow }: PreparedDeployment,
  { order, images, ...place }: DeployPlace & { order: ImageOrder | null; images: Images },
) {
  const stop = new AbortController()
  const onSignal = () => stop.abort(new Error('it was interrupted'))
  const { signal } = stop
  process.once('SIGINT', onSignal)
  try {
    const { entrypoint } = flow
    const steps = await runSteps([...build, ...push], { ...place, images, entrypoint, say: print.note, signal })
    const last = steps.built.at(-1)
    if (order === null) return { ...steps, built: last ? { ...last, isUsed: false } : null }
    const made = await images.build(order, { environment: place.environment, tell: print.note, signal })
    const pushed = made.digest === null ? [] : [{ image: made.image, digest: made.digest }]
    return { outputs: steps.outputs, built: { ...made, isUsed: true }, pushed }
  } finally {
    process.off('SIGINT', onSignal)
  }
}
