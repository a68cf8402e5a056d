type Step = '*' | ((character: string) => boolean)

/**
 * Compiles a shell pattern: `*`, `?`, `[a-z]`, `[!a-z]`; a leading `!` negates the whole. Case counts. Its time grows with
 * pattern times text and not faster, whatever the pattern: a regular expression could be made to run for ever.
 */
export function compileGlob(glob: string): (text: string) => boolean {
  const isNegated = glob.startsWith('!')
  const steps = readSteps(isNegated ? glob.slice(1) : glob)
  return (text) => matches(steps, text) !== isNegated
}

function readSteps(glob: string): Step[] {
  return (glob.match(/\[!?\]?[^\]]*\]|[\s\S]/gu) ?? []).map((part): Step => {
    if (part === '*') return '*'
    if (part === '?') return () => true
    return part.length > 1 && part.startsWith('[') ? readSet(part.slice(1, -1)) : (character) => character === part
  })
}

function readSet(inner: string): Step {
  const isNegated = inner.startsWith('!')
  const ranges = [...(isNegated ? inner.slice(1) : inner).matchAll(/([\s\S])-([\s\S])|([\s\S])/gu)]
  return (character) =>
    ranges.some(([, from, to, single]) =>
      single === undefined ? character >= from! && character <= to! : character === single,
    ) !== isNegated
}

/** Only the last star is ever tried again with more text, which is enough. */
function matches(steps: readonly Step[], text: string): boolean {
  const characters = [...text]
  let step = 0
  let place = 0
  let star = -1
  let resume = 0
  while (place < characters.length) {
    const present = steps[step]
    if (present === '*') {
      star = step++
      resume = place
    } else if (present?.(characters[place]!)) {
      step += 1
      place += 1
    } else if (star >= 0) {
      step = star + 1
      place = ++resume
    } else return false
  }
  return steps.slice(step).every((rest) => rest === '*')
}
