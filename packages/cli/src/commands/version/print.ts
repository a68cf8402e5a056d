import { API_VERSION } from '@aedile/core/client/identity'
import { PREFECT_VERSION } from '@aedile/core/templates/prepare'
import type { CliContext } from '../../cli-context.ts'
import { readOwnVersion } from '../../compose/own-package.ts'

/** Prints the versions. */
export async function run({ print }: CliContext): Promise<void> {
  const versions = {
    aedile: readOwnVersion(),
    prefect_api: PREFECT_VERSION,
    api_version: API_VERSION,
    node: process.versions.node,
    platform: `${process.platform}/${process.arch}`,
  }
  await print.result(versions, () => {
    print.line(`aedile       ${versions.aedile}`)
    print.line(`speaks       Prefect ${versions.prefect_api} (API ${versions.api_version})`)
    print.line(`node         ${versions.node}`)
    print.line(`platform     ${versions.platform}`)
  })
}
