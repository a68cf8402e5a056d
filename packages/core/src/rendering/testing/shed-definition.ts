import { ADDED_VARIABLES, addAttemptEnvironment } from '../../attempts/environment.ts'
import type { AttemptContext, Handle, InfrastructureDefinition, Job, TargetFacts } from '../../infrastructure-definition.ts'
import { prepareBase } from '../../templates/prepare.ts'
import type { BuildTrace } from '../build-trace.ts'

const variables = {
  type: 'object',
  properties: {
    command: { type: 'string', title: 'Command' },
    env: { type: 'object', additionalProperties: { type: 'string' } },
    image: { type: 'string', default: 'shed:1' },
    password: { type: 'string' },
  },
}

/** An infrastructure of no world, with a secret in its request, for tests of what a server renders. */
export const shedDefinition: InfrastructureDefinition = {
  type: 'shed',
  displayName: 'Shed',
  description: 'Runs flows in a shed.',
  documentationUrl: 'https://example.com',
  logoUrl: 'https://example.com/logo.png',
  variables,
  defaultBaseJobTemplate: {
    job_configuration: {
      command: '{{ command }}',
      env: '{{ env }}',
      image: '{{ image }}',
      password: '{{ password }}',
      name: '{{ name }}',
    },
    variables: { ...variables, properties: { ...variables.properties, name: { type: 'string' } } },
  },
  assumedFacts: { id: 'shed-1', version: '7' },
  prepare: (job, context, trace) => ('command' in context ? job : prepareBase(job, context, undefined, trace)),
  secretPointers: () => ['/password'],
  request(job: Job, facts: TargetFacts, attempt: AttemptContext, trace?: BuildTrace) {
    const { command, image = null, password } = job
    const env = addAttemptEnvironment(job.env as Record<string, string>, attempt)
    trace?.added('/name', 'attempt', '/key')
    for (const name of ADDED_VARIABLES) trace?.added(`/env/${name}`, 'attempt', '/key')
    trace?.copied('/auth', '/password')
    trace?.added('/version', 'type', '/version')
    const auth = typeof password === 'string' ? btoa(`user:${password}`) : null
    return { name: attempt.key, command, image, env, auth, labels: job.labels, version: facts.version ?? null }
  },
  handle: (): Handle => {
    throw new Error('Nothing starts in this shed')
  },
  infrastructurePid: () => null,
}
