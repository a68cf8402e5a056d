import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { JsonObject } from '@aedile/core/json'
import type { StepContext } from '../pull-steps.ts'
import { textInput } from './inputs.ts'

/** Moves the run to a folder that is there already. */
export async function setWorkingDirectory(inputs: JsonObject, { folder }: StepContext): Promise<JsonObject> {
  const directory = resolve(folder, textInput(inputs, 'directory'))
  const found = await stat(directory).catch(() => null)
  if (!found?.isDirectory()) throw new Error(`the directory ${directory} does not exist`)
  process.chdir(directory)
  return { directory }
}
