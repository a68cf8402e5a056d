import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import { ASSUMED_FACTS } from '../assumed-facts.ts'
import { credentialPointers } from '../credentials.ts'
import { type CloudRunRequest, toInfrastructurePid, toShell } from '../rest-request.ts'
import { extendedBaseJobTemplate } from './extended-template.ts'
import { prepareJob } from './job.ts'
import { publishedBaseJobTemplate } from './older-templates.ts'
import { buildHandle, buildRequest } from './request.ts'
import { defaultBaseJobTemplate, variables } from './template.ts'

/** The pure half of the type `cloud-run-v2`. */
export const cloudRunV2Definition: InfrastructureDefinition<CloudRunRequest> = {
  type: 'cloud-run-v2',
  displayName: 'Google Cloud Run V2',
  description: 'Runs flows as jobs of Google Cloud Run, through its second API.',
  documentationUrl: 'https://docs.prefect.io/integrations/prefect-gcp',
  logoUrl:
    'https://images.ctfassets.net/gm98wzqotmnx/4SpnOBvMYkHp6z939MDKP6/549a91bc1ce9afd4fb12c68db7b68106/social-icon-google-cloud-1200-630.png?h=250',
  pythonPackage: 'prefect-gcp',
  variables,
  defaultBaseJobTemplate,
  extendedBaseJobTemplate,
  olderBaseJobTemplates: [publishedBaseJobTemplate],
  assumedFacts: ASSUMED_FACTS,
  prepare: prepareJob,
  request: buildRequest,
  handle: buildHandle,
  infrastructurePid: toInfrastructurePid,
  secretPointers: credentialPointers,
  toShell,
}
