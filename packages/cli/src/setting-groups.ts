import { clientSettings } from '@aedile/core/settings/client'
import type { SettingGroup } from '@aedile/core/settings/define'
import { hostSettings } from '@aedile/core/settings/host'
import { sdkSettings } from '@aedile/sdk/settings'
import { serverSettings } from '@aedile/server/settings'
import { workerSettings } from '@aedile/worker/settings'

/** The settings of all rooms, by the heading that docs/settings.md gives them. */
export const SETTING_GROUPS: Record<string, SettingGroup> = {
  'This machine': hostSettings,
  Client: clientSettings,
  Server: serverSettings,
  Worker: workerSettings,
  'Flows in TypeScript': sdkSettings,
}

/** All groups. */
export function allSettings(): SettingGroup[] {
  return Object.values(SETTING_GROUPS)
}
