import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import { extendedBaseJobTemplate } from './extended-template.ts'
import { ASSUMED_FACTS } from './facts.ts'
import { prepareDockerJob } from './prepare.ts'
import { buildHandle, buildRequest, type DockerRequest, toInfrastructurePid } from './request.ts'
import { toShell } from './shell.ts'
import { defaultBaseJobTemplate, publishedBaseJobTemplate, variables } from './templates.ts'

/** The pure half of the Docker type. */
export const dockerDefinition: InfrastructureDefinition<DockerRequest> = {
  type: 'docker',
  displayName: 'Docker',
  description: 'Runs flows in containers of a Docker engine. Good for flows that bring their own environment as an image.',
  documentationUrl: 'https://docs.prefect.io/integrations/prefect-docker',
  logoUrl:
    'https://images.ctfassets.net/gm98wzqotmnx/2IfXXfMq66mrzJBDFFCHTp/6d8f320d9e4fc4393f045673d61ab612/Moby-logo.png?h=250',
  pythonPackage: 'prefect-docker',
  variables,
  defaultBaseJobTemplate,
  extendedBaseJobTemplate,
  olderBaseJobTemplates: [publishedBaseJobTemplate],
  assumedFacts: ASSUMED_FACTS,
  prepare: prepareDockerJob,
  request: buildRequest,
  secretPointers: (job) => (job.registry_credentials ? ['/registry_credentials/password'] : []),
  toShell,
  handle: buildHandle,
  infrastructurePid: toInfrastructurePid,
}

/** The types of this package, for who looks infrastructures up by package. */
export const definitions = [dockerDefinition]
