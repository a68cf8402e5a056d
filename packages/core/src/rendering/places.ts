import { joinPointer } from '../templates/placeholders.ts'

/** A JSON pointer, with the way to those below it, and room to say which notes of a walk are about it. */
export type Place = {
  readonly pointer: string
  /** The walk that has notes on this place, and their number there. */
  walk: number
  note: number
  readonly below: Map<string | number, Place>
}

const places = new Map<string, Place>()
let characters = 0
let walks = 0
const MOST_PLACES = 20_000
const MOST_CHARACTERS = 2_000_000

/** The place at a pointer. */
export function findPlace(pointer: string): Place {
  return places.get(pointer) ?? addPlace(pointer)
}

/** The place of an entry or item of what is at a place. */
export function findBelow(place: Place, key: string | number): Place {
  return place.below.get(key) ?? addBelow(place, key)
}

function addBelow(place: Place, key: string | number): Place {
  const below = findPlace(joinPointer(place.pointer, key))
  place.below.set(key, below)
  return below
}

function addPlace(pointer: string): Place {
  const place = { pointer, walk: 0, note: 0, below: new Map() }
  places.set(pointer, place)
  characters += pointer.length
  return place
}

/**
 * Notes on places, for one walk over a value, which must be over before another begins. The same few places are met in every
 * job of a template, so they are kept: to fill a table by pointer for each job took most of the time that origins took.
 */
export class PlaceNotes<Note> {
  readonly #walk: number
  readonly #notes: Note[] = []

  constructor() {
    if (places.size > MOST_PLACES || characters > MOST_CHARACTERS) {
      places.clear()
      characters = 0
    }
    walks += 1
    this.#walk = walks
  }

  get(place: Place): Note | undefined {
    return place.walk === this.#walk ? this.#notes[place.note] : undefined
  }

  set(place: Place, note: Note): void {
    if (place.walk === this.#walk) {
      this.#notes[place.note] = note
      return
    }
    place.walk = this.#walk
    place.note = this.#notes.length
    this.#notes.push(note)
  }
}
