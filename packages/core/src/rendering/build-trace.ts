import type { JsonObject, JsonValue } from '../json.ts'
import { LeafOrigins } from '../templates/leaf-origins.ts'
import type { Layer, Origin } from '../templates/origins.ts'
import { findBelow, findPlace, type Place, PlaceNotes } from './places.ts'

/** What preparation and request can add by themselves. */
export type AddedLayer = Extract<Layer, 'run' | 'worker' | 'type' | 'attempt'>

/**
 * Told by preparation and request where parts of their result come from. Only what differs need be told: a leaf that
 * stands at the same JSON pointer in the input comes from there, and what is told of a mapping or list holds for all below
 * it. What is told later, and what is told deeper, is stronger.
 */
export interface BuildTrace {
  /** What is at `to` in the result comes from what is at `from` in the input. */
  copied(to: string, from: string): void
  /** What is at `to` in the result was added. `path` says what it is there, e.g. `/flow_run/id` or `/settings/PREFECT_API_URL`. */
  added(to: string, layer: AddedLayer, path: string): void
  /** What is at `to` in the result is what is at `field` of the result, too: it comes from wherever was told of that and of all below it. */
  moved(to: string, field: string): void
}

/** What was told of the place `to`: it was added, or is what stands at `from`, in the input or the result itself. */
type Told = { to: string; order: number } & (
  | { kind: 'copied' | 'moved'; from: string; layer: null; path: null }
  | { kind: 'added'; from: null; layer: AddedLayer; path: string }
)

/** Turns what was told into the origin of each leaf of a result. */
export class BuildOrigins implements BuildTrace {
  readonly #told: Told[] = []

  copied(to: string, from: string): void {
    this.#told.push({ to, order: this.#told.length, kind: 'copied', from, layer: null, path: null })
  }

  added(to: string, layer: AddedLayer, path: string): void {
    this.#told.push({ to, order: this.#told.length, kind: 'added', from: null, layer, path })
  }

  moved(to: string, field: string): void {
    this.#told.push({ to, order: this.#told.length, kind: 'moved', from: field, layer: null, path: null })
  }

  /** The origins of a result's leaves, from those of the input. */
  of(result: JsonValue, input: ReadonlyMap<string, Origin>): ReadonlyMap<string, Origin> {
    const notes = new PlaceNotes<Note>()
    input.forEach((origin, pointer) => {
      notes.set(findPlace(pointer), { origin, told: undefined, source: null, field: null, order: 0 })
    })
    for (const told of this.#told) noteTold(told, notes)
    const root = findPlace('')
    const origins = new LeafOrigins()
    visit(result, root, NOTHING_TOLD, root, null, undefined, { notes, origins })
    return origins
  }
}

/**
 * Of one place: its origin as a place of the input, and what was told of it as a place of the result: `source` is where it
 * comes from in the input, `field` where it stands in the result, too.
 */
type Note = { origin: Origin | undefined; told: Told | undefined; source: Place | null; field: Place | null; order: number }
type Walk = { notes: PlaceNotes<Note>; origins: LeafOrigins }

function noteTold(telling: Told, notes: PlaceNotes<Note>): void {
  const place = findPlace(telling.to)
  const from = telling.from === null ? null : findPlace(telling.from)
  const field = telling.kind === 'moved' ? from : null
  const known = field && notes.get(field)
  const told = known?.told ?? telling
  const source = known?.told ? known.source : from
  const note = notes.get(place)
  if (!note) {
    notes.set(place, { origin: undefined, told, source, field, order: telling.order })
    return
  }
  note.told = told
  note.source = source
  note.field = field
  note.order = telling.order
}

/** What was told last on the way down, and where. */
type Last = { told: Told | undefined; order: number; at: number }
const NOTHING_TOLD: Last = { told: undefined, order: -1, at: 0 }

/**
 * `source` is the place in the input, null below what was added; `field` is the other place in the result, for what is there
 * twice; `near` is the nearest origin at or above the source.
 */
function visit(
  value: JsonValue,
  place: Place,
  last: Last,
  source: Place | null,
  field: Place | null,
  near: Origin | undefined,
  walk: Walk,
): void {
  const note = walk.notes.get(place)
  // What was told of the whole later than of its part is stronger than the part's.
  const isOwn = note?.told !== undefined && note.order > last.order
  const heard = isOwn ? note : field && walk.notes.get(field)
  if (heard?.told) {
    last = { told: heard.told, order: isOwn ? heard.order : last.order, at: place.pointer.length }
    source = heard.source
    if (isOwn) field = heard.field
    near = source ? findNearest(source, walk.notes) : undefined
  } else if (source) near = (source === place ? note : walk.notes.get(source))?.origin ?? near
  if (typeof value === 'object' && value !== null) {
    const names = Array.isArray(value) ? value : Object.keys(value)
    for (let index = 0; index < names.length; index += 1) {
      const key = Array.isArray(value) ? index : (names[index] as string)
      const below = findBelow(place, key)
      const next = source === place ? below : source && findBelow(source, key)
      visit((value as JsonObject)[key]!, below, last, next, field && findBelow(field, key), near, walk)
    }
    if (names.length > 0) return
  }
  walk.origins.add(place.pointer, originOf(place.pointer, last, near))
}

function findNearest(place: Place, notes: PlaceNotes<Note>): Origin | undefined {
  const own = notes.get(place)?.origin
  if (own) return own
  const { pointer } = place
  for (let end = pointer.lastIndexOf('/'); end >= 0; end = pointer.lastIndexOf('/', end - 1)) {
    const near = notes.get(findPlace(pointer.slice(0, end)))?.origin
    if (near) return near
    if (end === 0) break
  }
  return undefined
}

/** Origins are of leaves: one above the place in the input is of a text that was taken apart. */
function originOf(leaf: string, { told, at }: Last, near: Origin | undefined): Origin {
  if (told?.kind === 'added') return { layer: told.layer, path: at === leaf.length ? told.path : told.path + leaf.slice(at) }
  return near ?? { layer: 'type', path: leaf }
}
