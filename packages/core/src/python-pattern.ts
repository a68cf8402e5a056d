import { RE2JS } from 're2js'
import { AedileError } from './errors.ts'

/** A regular expression that is only asked whether it is found in a text. */
export type Pattern = { test(text: string): boolean }

/** What a backtracking engine may be given: with so few repetitions the worst text of this length takes milliseconds. */
const MOST_REPETITIONS = 3
const MOST_CHARACTERS = 256
const MOST_CHARACTERS_OF_ONE = 10_000

/**
 * A regular expression of a JSON Schema, which was most likely written for Python. It runs in time linear in the text,
 * because schemas come from anyone and `^(a+)+$` doubles its time with every character. Only what needs backtracking (a look
 * around, a reference back) is left to JavaScript, and only where it is certain to end soon.
 * @throws SyntaxError for a pattern that neither can express, AedileError `schema_invalid` for one that may not end.
 */
export function toPattern(pattern: string): Pattern {
  const known = patterns.get(pattern)
  if (known) return known
  const made = compileLinear(pattern) ?? compileBacktracking(pattern)
  if (patterns.size >= KEPT) patterns.delete(patterns.keys().next().value!)
  patterns.set(pattern, made)
  return made
}
const patterns = new Map<string, Pattern>()
const KEPT = 500

function compileLinear(pattern: string): Pattern | null {
  try {
    const compiled = RE2JS.compile(pattern.replaceAll('\\Z', '\\z'))
    return { test: (text) => compiled.matcher(text).find() }
  } catch {
    return null
  }
}

function compileBacktracking(pattern: string): Pattern {
  const compiled = toRegExp(pattern)
  const repetitions = countRepetitions(pattern)
  const mostCharacters = repetitions <= 1 ? MOST_CHARACTERS_OF_ONE : MOST_CHARACTERS
  if (repetitions > MOST_REPETITIONS) {
    throw new AedileError('schema_invalid', {
      why: `the pattern ${JSON.stringify(pattern)} may take for ever; write it without repetitions in repetitions`,
    })
  }
  return {
    test(text) {
      if (text.length <= mostCharacters) return compiled.test(text)
      const why = `the pattern ${JSON.stringify(pattern)} cannot be checked in linear time, so texts of more than ${mostCharacters} characters are not checked against it`
      throw new AedileError('schema_invalid', { why })
    },
  }
}

/** Without bound where a group is repeated. Characters in brackets and after a backslash repeat nothing. */
function countRepetitions(pattern: string): number {
  const bare = pattern.replace(/\\[\s\S]/g, 'a').replace(/\[\^?\]?[^\]]*\]/g, 'a')
  if (/\)(?:[*+]|\{)/.test(bare)) return Number.POSITIVE_INFINITY
  return bare.match(/[*+]|\{\d*,?\d*\}/g)?.length ?? 0
}

/**
 * A pattern as JavaScript's own, which may backtrack: to see whether it is one, not to run it over texts of others. What
 * JavaScript spells otherwise is translated; the stricter Unicode mode is left for an escape that only Python takes.
 * @throws SyntaxError
 */
function toRegExp(pattern: string): RegExp {
  const translated = pattern
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replace(/\\([AZ])/g, (_whole, anchor) => (anchor === 'A' ? '^' : '$'))
  try {
    return new RegExp(translated, 'u')
  } catch {
    return new RegExp(translated)
  }
}
