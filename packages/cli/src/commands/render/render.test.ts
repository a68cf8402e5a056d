import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandLine } from '../../testing/command-line.ts'

const document = (name: string, more: object = {}) => ({
  type: 'process',
  base_job_template: 'default',
  flow_run: { id: 'run-1', name },
  worker: { name: 'w', settings: { PREFECT_API_URL: 'http://a/api' }, process_environment: { PATH: '/bin' } },
  ...more,
})

let cli: CommandLine
beforeAll(() => {
  cli = new CommandLine()
  // What would end any other command: a setting that does not exist, and a server that is not there.
  cli.set('AEDILE_NO_SUCH_SETTING', '1')
  cli.set('AEDILE_API_URL', 'http://127.0.0.1:9/api')
  cli.set('LEAKED', 'from the environment')
})
afterAll(() => cli.close())

describe('aedile render', () => {
  it('renders one document without settings, server or environment', async () => {
    writeFileSync(join(cli.folder, 'one.json'), JSON.stringify(document('crazy-cat')))
    const { code, out, error } = await cli.run('render', '--input', 'one.json')
    expect({ code, error }).toEqual({ code: 0, error: '' })
    const answer = JSON.parse(out)
    expect(answer).toMatchObject({ configuration: { name: 'crazy-cat' }, request: { argv: ['python3', '-m', 'prefect.engine'] } })
    expect(answer.origins.request['/env/PATH']).toEqual({ layer: 'worker', path: '/process_environment/PATH' })
    expect(Object.keys(answer.request.env)).not.toContain('LEAKED')
  })

  it('answers one line a line, in order, whatever one of them is', async () => {
    // U+2028 and a carriage return end no line: both may stand in JSON.
    const odd = JSON.stringify(document('a\u2028b')).replace('{', '{\r')
    const lines = [JSON.stringify(document('first')), '{"type":', '', odd, JSON.stringify(document('x', { type: 'proces' }))]
    const { code, out } = await cli.runWith(lines.join('\n'), 'render', '--jsonl', '--input', '-')
    const answers = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(answers.map((answer) => answer.configuration?.name ?? answer.error.code)).toEqual([
      'first',
      'render_input_invalid',
      'a\u2028b',
      'infrastructure_type_unknown',
    ])
    expect(code).toBe(1)
  })

  it('ends with 1 for a document that cannot be rendered, and with 2 when there is none', async () => {
    const { code, out } = await cli.runWith('{"type": 1}', 'render', '--input', '-')
    expect({ code, answer: JSON.parse(out) }).toMatchObject({ code: 1, answer: { error: { code: 'render_input_invalid' } } })
    expect(await cli.run('render', '--input', 'none.json')).toMatchObject({ code: 2, out: '' })
    expect(await cli.run('render')).toMatchObject({ code: 2 })
  })
})
