import { ERRORS } from '../errors.ts'
import type { SettingGroup } from './define.ts'

/** One line of docs/settings.md. */
export type SettingRow = { name: string; fallback: string; default: string; description: string; isSecret: boolean }

/** The settings of some groups as rows, each name once, in order of the groups. */
export function describeSettings(groups: readonly SettingGroup[]): SettingRow[] {
  const rows = groups.flatMap((group) =>
    Object.values(group).map(({ name, fallback = '', description, default: value, secret = false }): SettingRow => {
      return { name, fallback, default: describeDefault(value), description, isSecret: secret }
    }),
  )
  return [...new Map(rows.toReversed().map((row) => [row.name, row])).values()].toReversed()
}

function describeDefault(value: unknown): string {
  if (value === null || value === '') return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** One line of docs/errors.md. */
export type ErrorRow = { code: string; status: number; isRetryable: boolean; message: string }

/** The error catalogue as rows, in alphabetical order. */
export function describeErrors(): ErrorRow[] {
  return Object.entries(ERRORS)
    .map(([code, { status, retryable, message }]) => ({ code, status, isRetryable: retryable, message }))
    .sort((one, other) => one.code.localeCompare(other.code, 'en'))
}
