import type { Readable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import type { JsonObject } from '@aedile/core/json'

/** One document of the progress that an engine streams. */
export type Progress = {
  stream?: string
  status?: string
  id?: string
  progress?: string
  error?: string
  message?: string
  aux?: JsonObject
}

/**
 * Reads what an engine streams, one JSON document a line, and tells it: the output of a build as it comes, of the layers
 * of an image each new status, not every count of bytes. `heard` is told of everything. Returns what came beside the progress.
 * @throws Error with the engine's words when it says that it failed.
 */
export async function followProgress(
  stream: Readable,
  tell: (line: string) => void,
  heard: () => void = () => {},
): Promise<JsonObject> {
  const beside: JsonObject = {}
  const lastByLayer = new Map<string, string>()
  let rest = ''
  try {
    for await (const { stream: output, status, id, error, message, aux } of readDocuments(stream)) {
      heard()
      if (error !== undefined || message !== undefined) throw new Error(error ?? message)
      if (aux) Object.assign(beside, aux)
      if (output !== undefined) {
        // The engine colours what a command wrote to its stderr.
        const lines = (rest + stripVTControlCharacters(output)).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) tell(line)
      }
      if (status === undefined || (id !== undefined && lastByLayer.get(id) === status)) continue
      if (id !== undefined) lastByLayer.set(id, status)
      tell(id === undefined ? status : `${id}: ${status}`)
    }
  } finally {
    if (rest) tell(rest)
    stream.destroy()
  }
  return beside
}

async function* readDocuments(stream: Readable): AsyncGenerator<Progress> {
  let rest = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as Progress
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as Progress
}
