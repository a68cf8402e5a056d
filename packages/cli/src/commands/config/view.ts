import { explainSettings } from '@aedile/core/settings/read'
import type { CliContext } from '../../cli-context.ts'
import { allSettings } from '../../setting-groups.ts'

const MASK = '********'

/** Shows the settings that hold, and where each came from. */
export async function run({ print, sources }: CliContext, options: { all?: boolean; showSecrets?: boolean }): Promise<void> {
  const rows = allSettings()
    .flatMap((group) => explainSettings(group, sources).map(([, setting]) => setting))
    .filter(({ found }) => options.all || found)
    .map(({ definition, value, found }) => ({
      name: definition.name,
      value: definition.secret && value && !options.showSecrets ? MASK : value,
      from: found ? `${found.where} (${found.name})` : 'default',
    }))
  await print.result({ profile: sources.profileName, settings: rows }, async () => {
    print.line(`Profile: ${print.color.bold(sources.profileName)}`)
    const cells = rows.map(({ name, value, from }) => [name, typeof value === 'string' ? value : JSON.stringify(value), from])
    await print.table(['Setting', 'Value', 'From'], cells, 'Nothing is set; all defaults hold. See them with --all.')
  })
}
