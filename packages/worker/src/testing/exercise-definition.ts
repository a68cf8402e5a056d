import { isJsonObject } from '@aedile/core/json'
import { describe, expect, it } from 'vitest'
import type { Subject } from './exercise-infrastructure.ts'
import { OUR_SERVER } from './stage.ts'

const facts = { id: 'test:target' }
const attempt = { key: '<attempt>', server: OUR_SERVER, flowRunId: null }

/** The pure half: what it makes depends on its arguments alone. */
export function exerciseDefinition({ definition, job }: Subject): void {
  const secret = 'a-secret-that-no-handle-may-hold'
  const build = () => {
    const request = definition.request(definition.prepare(job('true', { TOKEN: secret }), { command: true }), facts, attempt)
    return { request, handle: definition.handle(request, facts, attempt) }
  }

  describe('definition', () => {
    it('makes the same request and handle each time', () => {
      expect(build()).toEqual(build())
    })

    it('changes nothing that it is given', () => {
      const given = Object.freeze(job('true'))
      const before = structuredClone(given)
      definition.request(definition.prepare(given, { command: true }), facts, attempt)
      expect(given).toEqual(before)
    })

    it('names type, target, attempt and server in the handle, and no secret', () => {
      const { handle } = build()
      expect(handle).toMatchObject({ type: definition.type, target: facts.id, attempt: '<attempt>', server: OUR_SERVER })
      expect(JSON.stringify(handle)).not.toContain(secret)
    })

    it('hands the attempt key to the command, as marker and as fence', () => {
      const text = JSON.stringify(build().request)
      expect(text).toContain('AEDILE_ATTEMPT')
      expect(text).toContain('X-Aedile-Attempt')
    })

    it('has a template that uses every variable and no other', () => {
      const { job_configuration, variables } = definition.defaultBaseJobTemplate
      const used = JSON.stringify(job_configuration).matchAll(/\{\{ *([\w-]+) *\}\}/g)
      const known = isJsonObject(variables.properties) ? Object.keys(variables.properties) : []
      expect([...new Set([...used].map((match) => match[1]))].sort()).toEqual(known.sort())
    })

    it('knows no infrastructure_pid before the start', () => {
      expect(definition.infrastructurePid(build().handle)).toBeNull()
    })
  })
}
