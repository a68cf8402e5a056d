import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts'
import { joinPointer } from './placeholders.ts'
import { diffValues, isSame, ownValue, type TemplateChange } from './template-diff.ts'

/** The three sides of an upgrade: what was edited (`base`), the edited one (`ours`), the new default (`theirs`). */
export type UpgradeSides = { base: JsonObject; ours: JsonObject; theirs: JsonObject }

/** A place that both sides changed differently. Undefined is absence. `chosen` is null while nobody has settled it. */
export type UpgradeConflict = {
  pointer: string
  base?: JsonValue
  ours?: JsonValue
  theirs?: JsonValue
  chosen: 'ours' | 'theirs' | null
}

/** An upgraded template, and how it came about. It may only be saved when every conflict is settled. */
export type Upgrade = {
  template: JsonObject
  /** What came from the new default. */
  taken: TemplateChange[]
  /** The user's edits that stay. */
  kept: TemplateChange[]
  conflicts: UpgradeConflict[]
}

/** Who settles a conflict; null for nobody. */
export type Settlement = (pointer: string) => 'ours' | 'theirs' | null

/**
 * Merges a newer default into an edited template. A place that only one side changed takes that side, the rest stays, what
 * both changed differently is a conflict and holds the user's value until it is settled. Mappings are merged key by key,
 * lists are whole values: an element has no name by which it could be found again. The user's order of keys stays; a new
 * key comes after the one that it follows in the new default.
 *
 * Written here because the kept libraries merge text by lines, which breaks JSON, or JSON by its order, which is no edit.
 */
export function upgradeTemplate({ base, ours, theirs }: UpgradeSides, settle: Settlement = () => null): Upgrade {
  const merge = new Merge(settle)
  const template = merge.values({ base, ours, theirs }, '') as JsonObject
  return { template, taken: merge.taken, kept: merge.kept, conflicts: merge.conflicts }
}

type Sides = { base: JsonValue | undefined; ours: JsonValue | undefined; theirs: JsonValue | undefined }

class Merge {
  readonly taken: TemplateChange[] = []
  readonly kept: TemplateChange[] = []
  readonly conflicts: UpgradeConflict[] = []
  readonly #settle: Settlement

  constructor(settle: Settlement) {
    this.#settle = settle
  }

  values(sides: Sides, pointer: string): JsonValue | undefined {
    const { base, ours, theirs } = sides
    const ourEdit = !isSame(ours, base)
    const theirEdit = !isSame(theirs, base)
    if (isJsonObject(ours) && isJsonObject(theirs) && ourEdit && theirEdit) {
      return this.#mappings({ base: isJsonObject(base) ? base : {}, ours, theirs }, pointer)
    }
    if (!theirEdit) {
      if (ourEdit) this.kept.push(...diffValues(base, ours, pointer))
      return ours
    }
    if (!ourEdit) {
      this.taken.push(...diffValues(base, theirs, pointer))
      return theirs
    }
    if (isSame(ours, theirs)) {
      this.kept.push(...diffValues(base, ours, pointer))
      return ours
    }
    const chosen = this.#settle(pointer)
    this.conflicts.push({ pointer, ...present({ base, ours, theirs }), chosen })
    return chosen === 'theirs' ? theirs : ours
  }

  #mappings({ base, ours, theirs }: { base: JsonObject; ours: JsonObject; theirs: JsonObject }, pointer: string): JsonObject {
    const entries = orderKeys(ours, theirs).flatMap((key): [string, JsonValue][] => {
      const sides = { base: ownValue(base, key), ours: ownValue(ours, key), theirs: ownValue(theirs, key) }
      const merged = this.values(sides, joinPointer(pointer, key))
      return merged === undefined ? [] : [[key, merged]]
    })
    this.#tellRemovedByBoth({ base, ours, theirs }, pointer)
    return Object.fromEntries(entries)
  }

  #tellRemovedByBoth({ base, ours, theirs }: { base: JsonObject; ours: JsonObject; theirs: JsonObject }, pointer: string): void {
    for (const [key, before] of Object.entries(base)) {
      if (Object.hasOwn(ours, key) || Object.hasOwn(theirs, key)) continue
      this.kept.push(...diffValues(before, undefined, joinPointer(pointer, key)))
    }
  }
}

/** The keys of ours in their order, each new one of theirs after its nearest predecessor that is there. */
function orderKeys(ours: JsonObject, theirs: JsonObject): string[] {
  const keys = Object.keys(ours)
  let previous: string | undefined
  for (const key of Object.keys(theirs)) {
    if (!Object.hasOwn(ours, key)) keys.splice(previous === undefined ? 0 : keys.indexOf(previous) + 1, 0, key)
    previous = key
  }
  return keys
}

function present(sides: Sides): Partial<UpgradeSides> {
  return Object.fromEntries(Object.entries(sides).filter(([, value]) => value !== undefined))
}

/** Settles conflicts by pointer: one of a place settles all below it, the nearest one wins; the empty pointer is everything. */
export function settleBy(pointers: { ours: readonly string[]; theirs: readonly string[] }): Settlement {
  const choices = (['ours', 'theirs'] as const)
    .flatMap((side) => pointers[side].map((pointer) => ({ side, pointer })))
    .sort((one, other) => other.pointer.length - one.pointer.length)
  return (at) => choices.find(({ pointer }) => at === pointer || at.startsWith(`${pointer}/`))?.side ?? null
}
