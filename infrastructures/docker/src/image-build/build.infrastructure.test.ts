import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TEST_IMAGE, testEngine } from '../testing/engine.ts'
import { imageBuilder } from './image-builder.ts'
import { type ImageEngine, openImageEngine } from './image-engine.ts'
import { runImageStep } from './steps.ts'

if (!testEngine) it.skip('building an image: AEDILE_TEST_DOCKER_HOST is not set', () => {})

describe.runIf(testEngine)('building an image', () => {
  const NAME = `aedile-test-build-${process.pid}`
  let engine: ImageEngine
  let folder: string
  let told: string[]
  const environment = { DOCKER_HOST: testEngine! }
  const place = () => ({ environment, tell: (line: string) => void told.push(line), signal: AbortSignal.timeout(60_000) })
  const order = () => ({ name: `${NAME}:1`, folder, entrypoint: null, pull: false, push: false, noCache: true })
  const step = (inputs: object) =>
    runImageStep(
      engine,
      'build',
      { image_name: NAME, tag: 'step', pull: false, ...inputs },
      { ...place(), folder, entrypoint: null, version: '0' },
    )

  beforeAll(async () => {
    engine = await openImageEngine(environment)
  })
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aedile-project-'))
    told = []
    return () => rmSync(folder, { recursive: true, force: true })
  })
  afterAll(async () => {
    for (const tag of ['1', 'step', 'more']) await engine?.remove(`${NAME}:${tag}`).catch(() => {})
    engine?.close()
  })

  it('copies what .dockerignore leaves, tells its progress, and says where the files are', async () => {
    writeFileSync(
      join(folder, 'Dockerfile'),
      `FROM ${TEST_IMAGE}\nARG GREETING\nWORKDIR /code\nCOPY . .\nRUN ls -A; echo $GREETING\n`,
    )
    writeFileSync(join(folder, '.dockerignore'), 'secret\n.dockerignore\nDockerfile\n')
    for (const name of ['secret', 'flow.ts']) writeFileSync(join(folder, name), '')
    const built = await imageBuilder.build({ ...order(), buildArgs: { GREETING: 'hello' } }, place())
    expect(built).toEqual({ image: `${NAME}:1`, id: (await engine.inspect(`${NAME}:1`)).id, digest: null, directory: '/code' })
    expect(told).toEqual(expect.arrayContaining([`Building ${NAME}:1`, 'flow.ts', 'hello']))
    for (const name of ['secret', 'Dockerfile', '.dockerignore']) expect(told).not.toContain(name)
  })

  it('makes a Dockerfile where there is none; of it nothing is in the image', async () => {
    writeFileSync(join(folder, 'flow.ts'), '')
    mkdirSync(join(folder, 'node_modules'))
    writeFileSync(join(folder, 'node_modules', 'x.js'), '')
    const built = await imageBuilder.build({ ...order(), entrypoint: 'flow.ts:f', baseImage: TEST_IMAGE }, place())
    expect(built.directory).toBe(`/opt/prefect/${basename(folder)}`)
    const listing = `FROM ${NAME}:1\nRUN echo "files:$(ls -A | tr '\\n' ' ')"\n`
    const other = mkdtempSync(join(tmpdir(), 'aedile-listing-'))
    writeFileSync(join(other, 'Dockerfile'), listing)
    await imageBuilder.build({ ...order(), name: `${NAME}:more`, folder: other }, place())
    rmSync(other, { recursive: true })
    expect(told).toContain('files:flow.ts ')
  })

  it('that fails says why, with the last lines', async () => {
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${TEST_IMAGE}\nRUN echo before the end; echo careful >&2; exit 3\n`)
    const failed = imageBuilder.build(order(), place())
    await expect(failed).rejects.toMatchObject({ code: 'image_build_failed' })
    await expect(failed).rejects.toThrow(/returned a non-zero code: 3\.\nIts last lines:\n/)
    await expect(failed).rejects.toThrow(/^ {2}before the end$/m)
    await expect(failed).rejects.toThrow(/^ {2}careful$/m)
  })

  it.each([
    ['RUNN true', /unknown instruction: RUNN/],
    ['COPY none .', /none.*(no such file|not found|does not exist)/s],
    ['RUN --mount=type=cache,target=/x true', /BuildKit/],
  ])('with %j is told in the words of the engine', async (line, words) => {
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${TEST_IMAGE}\n${line}\n`)
    await expect(imageBuilder.build(order(), place())).rejects.toThrow(words)
  })

  it('ends when it is told to, and the reason is that of who told', async () => {
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${TEST_IMAGE}\nRUN echo waiting; sleep 60\n`)
    const stop = new AbortController()
    const tell = (line: string) => void (line === 'waiting' && stop.abort(new Error('enough')))
    await expect(imageBuilder.build(order(), { environment, tell, signal: stop.signal })).rejects.toThrow('enough')
  })

  it('without an engine is told with its address', async () => {
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${TEST_IMAGE}\n`)
    const away = { ...place(), environment: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } }
    await expect(imageBuilder.build(order(), away)).rejects.toThrow(
      'The Docker engine at unix:///nowhere/docker.sock does not answer',
    )
  })

  it('as a step gives the outputs of the genuine one', async () => {
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${TEST_IMAGE}\nWORKDIR /flows\n`)
    const { outputs, built } = await step({ additional_tags: ['more'], labels: { a: 'b' } })
    const { id } = await engine.inspect(`${NAME}:more`)
    expect(outputs).toEqual({ image_name: NAME, tag: 'step', image: `${NAME}:step`, image_id: id, additional_tags: ['more'] })
    expect(built).toMatchObject({ directory: '/flows' })
  })

  it.each([
    [{}, 'There is no Dockerfile'],
    [{ image_name: '' }, 'needs an image_name'],
    [{ image_name: 'a b' }, 'it has spaces'],
    [{ build_backend: 'buildx' }, 'buildx is not in this version'],
    [{ additional_tags: 'one' }, 'additional_tags is a list'],
    [{ dockerfile: 'auto', nocash: true }, 'Did you mean nocache?'],
  ])('as a step with %j is refused', async (inputs, sentence) => {
    await expect(step(inputs)).rejects.toThrow(sentence)
  })
})
