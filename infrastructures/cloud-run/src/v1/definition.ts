import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import { ASSUMED_FACTS } from '../assumed-facts.ts'
import { credentialPointers } from '../credentials.ts'
import { type CloudRunRequest, toInfrastructurePid, toShell } from '../rest-request.ts'
import { extendedBaseJobTemplate } from './extended-template.ts'
import { prepareJob } from './job.ts'
import { documentedBaseJobTemplate, publishedBaseJobTemplate } from './older-templates.ts'
import { buildHandle, buildRequest } from './request.ts'
import { defaultBaseJobTemplate, variables } from './template.ts'

/** The pure half of the type `cloud-run`. */
export const cloudRunDefinition: InfrastructureDefinition<CloudRunRequest> = {
  type: 'cloud-run',
  displayName: 'Google Cloud Run',
  description: 'Runs flows as jobs of Google Cloud Run, through its first API. For new pools take the second one.',
  documentationUrl: 'https://docs.prefect.io/integrations/prefect-gcp',
  logoUrl: 'https://cdn.sanity.io/images/3ugk85nk/production/10424e311932e31c477ac2b9ef3d53cefbaad708-250x250.png',
  pythonPackage: 'prefect-gcp',
  variables,
  defaultBaseJobTemplate,
  extendedBaseJobTemplate,
  olderBaseJobTemplates: [publishedBaseJobTemplate, documentedBaseJobTemplate],
  assumedFacts: ASSUMED_FACTS,
  prepare: prepareJob,
  request: buildRequest,
  handle: buildHandle,
  infrastructurePid: toInfrastructurePid,
  secretPointers: credentialPointers,
  toShell,
}
