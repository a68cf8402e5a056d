import { pythonStr, type TemplateValue } from '../python-text.ts'
import type { SettingGroup } from './define.ts'
import { explainSettings, type SettingSources } from './read.ts'

/**
 * The settings that were explicitly set, for the environment of what a worker starts: each of the group under its own name
 * and under its PREFECT_* counterpart, and every other PREFECT_* one as it was given. Defaults are not exported.
 */
export function exportSettings(group: SettingGroup, sources: SettingSources): Record<string, string> {
  const exported: Record<string, string> = {}
  for (const [name, text] of Object.entries({ ...sources.profile, ...sources.environment })) {
    if (/^PREFECT_(?!_)/.test(name) && text !== undefined) exported[name] = text
  }
  for (const [, { definition, value, found }] of explainSettings(group, sources)) {
    if (!found) continue
    exported[definition.name] = found.text
    const { fallback, toFallback = toText } = definition
    if (!fallback || found.name === fallback) continue
    if (value === null) delete exported[fallback]
    else exported[fallback] = toFallback(value)
  }
  return exported
}

/** The form in which genuine clients read any setting. */
function toText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : pythonStr(value as TemplateValue)
}
