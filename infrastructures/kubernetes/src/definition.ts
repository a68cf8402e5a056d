import type { InfrastructureDefinition } from '@aedile/core/infrastructure-definition'
import { extendedBaseJobTemplate } from './extended-template.ts'
import { olderBaseJobTemplates } from './older-templates.ts'
import { prepareKubernetes } from './prepare.ts'
import { buildHandle, buildRequest, type KubernetesRequest, toInfrastructurePid } from './request.ts'
import { findSecretPointers } from './secrets.ts'
import { toShell } from './shell.ts'
import { defaultBaseJobTemplate } from './templates.ts'
import { variables } from './variables.ts'

/** The pure half of the Kubernetes type. */
export const kubernetesDefinition: InfrastructureDefinition<KubernetesRequest> = {
  type: 'kubernetes',
  displayName: 'Kubernetes',
  description: 'Runs flows as Jobs on a Kubernetes cluster, each in a pod of its own.',
  documentationUrl: 'https://docs.prefect.io/integrations/prefect-kubernetes',
  logoUrl:
    'https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/kubernetes.png',
  pythonPackage: 'prefect-kubernetes',
  variables,
  defaultBaseJobTemplate,
  extendedBaseJobTemplate,
  olderBaseJobTemplates,
  assumedFacts: { id: 'kubernetes:<cluster>' },
  prepare: prepareKubernetes,
  request: buildRequest,
  handle: buildHandle,
  infrastructurePid: toInfrastructurePid,
  secretPointers: findSecretPointers,
  toShell,
}

/** The types of this package, for who looks infrastructures up by package. */
export const definitions = [kubernetesDefinition]
