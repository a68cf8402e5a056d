const ADJECTIVES =
  'amber brave calm civic clear daring early eager fair fleet golden grand honest humble keen lively lucid merry mild noble patient proud quick quiet ready solid steady sunny tidy vivid warm wise'.split(
    ' ',
  )
const ANIMALS =
  'badger bear beaver bison crane deer dove eagle falcon finch fox goose hare hawk heron horse ibex jay kestrel lark lynx marten mole otter owl ox raven robin seal stork swift wolf'.split(
    ' ',
  )

/** A name for a run that no server named: two words, such as `quiet-heron`. */
export function makeRunName(random: () => number = Math.random): string {
  const pick = (words: string[]) => words[Math.floor(random() * words.length)]!
  return `${pick(ADJECTIVES)}-${pick(ANIMALS)}`
}
