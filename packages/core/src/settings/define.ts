import type { z } from 'zod'

/** One setting: its name in the environment and in profiles, what it means, its schema and default. */
export type SettingDefinition<T> = {
  /** `AEDILE_...`, in the environment and in profiles. */
  name: `AEDILE_${string}`
  /** The `PREFECT_*` client setting with the same meaning, read when ours is not set. */
  fallback?: `PREFECT_${string}`
  description: string
  /** Reads the setting's text: environment variables and profile values are text. Units are in the name or description. */
  schema: z.ZodType<T, unknown>
  default: T
  /** True for what must be masked wherever settings are shown. */
  secret?: boolean
  /** The text of a value under the fallback's name, where it differs from ours. */
  toFallback?: (value: T) => string
}

// biome-ignore lint/suspicious/noExplicitAny: the value types of a group differ from field to field
export type SettingGroup = Record<string, SettingDefinition<any>>
/** The values of a group, by field. */
export type SettingValues<Group extends SettingGroup> = {
  [Field in keyof Group]: Group[Field] extends SettingDefinition<infer T> ? T : never
}

/** Declares one setting, with its type inferred from the schema. */
export function setting<T>(definition: SettingDefinition<T>): SettingDefinition<T> {
  return definition
}

/** The defaults of a group. Each package has one group, in its `settings.ts`; only a main file reads the environment. */
export function defaultsOf<Group extends SettingGroup>(group: Group): SettingValues<Group> {
  return Object.fromEntries(
    Object.entries(group).map(([field, definition]) => [field, definition.default]),
  ) as SettingValues<Group>
}
