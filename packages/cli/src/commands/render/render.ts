import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { AedileError, isAedileError } from '@aedile/core/errors'
import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import type { RenderAnswer } from '@aedile/core/rendering/render-answer'
import { renderText } from '@aedile/core/rendering/render-document'
import { findInfrastructures, loadDefinition } from '../../compose/infrastructures.ts'
import { CliFailure, EXIT_CODES } from '../../failure.ts'
import { readLines } from '../../rendering/read-lines.ts'

/** Answers render documents on the standard output. Nothing is read but the input and AEDILE_INFRASTRUCTURES. */
export async function run({ input, jsonl }: { input: string; jsonl?: boolean }): Promise<void> {
  const findDefinition = definitionFinder()
  const answers = jsonl ? answerLines(open(input), findDefinition) : answerWhole(open(input), findDefinition)
  for await (const answer of answers) {
    if ('error' in answer || answer.request === null) process.exitCode = EXIT_CODES.failed.code
    const text = jsonl ? JSON.stringify(answer) : JSON.stringify(answer, null, 2)
    if (!process.stdout.write(`${text}\n`)) await once(process.stdout, 'drain')
  }
}

type FindDefinition = (type: string) => Promise<InfrastructureDefinition>

/** One at a time: of any number of lines only one is in memory, and answers keep the order. Blank lines are no documents. */
async function* answerLines(chunks: AsyncIterable<Buffer>, findDefinition: FindDefinition): AsyncGenerator<RenderAnswer> {
  for await (const line of readLines(chunks)) if (line.trim() !== '') yield await answer(line, findDefinition)
}

async function* answerWhole(chunks: AsyncIterable<Buffer>, findDefinition: FindDefinition): AsyncGenerator<RenderAnswer> {
  const parts: Buffer[] = []
  for await (const chunk of chunks) parts.push(chunk)
  yield answer(new TextDecoder().decode(Buffer.concat(parts)), findDefinition)
}

/** A fault of ours in one document is told in its answer: it must not take the others with it. */
async function answer(text: string, findDefinition: FindDefinition): Promise<RenderAnswer> {
  try {
    return await renderText(text, findDefinition)
  } catch (error) {
    if (isAedileError(error)) throw error
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    const { code, message } = new AedileError('internal')
    return { error: { code, message, pointers: [] } }
  }
}

async function* open(path: string): AsyncGenerator<Buffer> {
  try {
    yield* path === '-' ? process.stdin : createReadStream(path)
  } catch (error) {
    throw new CliFailure(`${path} cannot be read: ${(error as Error).message}`, EXIT_CODES.usage.code)
  }
}

function definitionFinder(): FindDefinition {
  const extra = (process.env.AEDILE_INFRASTRUCTURES ?? '').split(',').map((name) => name.trim())
  const packages = findInfrastructures(extra.filter(Boolean))
  const found = new Map<string, Promise<InfrastructureDefinition>>()
  return (type) => {
    const definition = found.get(type) ?? loadDefinition(packages, type)
    found.set(type, definition)
    return definition
  }
}
