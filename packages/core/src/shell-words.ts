import { AedileError } from './errors.ts'

/**
 * Splits a command as a POSIX shell splits words, nothing expanded: equal to Python's `shlex.split`. Works on characters,
 * so a quote inside a word joins its parts.
 */
export function splitShellWords(command: string): string[] {
  const words: string[] = []
  let word: string | null = null
  let quote: '"' | "'" | null = null
  for (let at = 0; at < command.length; at += 1) {
    const character = command[at]!
    if (quote === "'") {
      if (character === "'") quote = null
      else word += character
    } else if (quote === '"') {
      if (character === '"') quote = null
      else if (character === '\\') {
        const next = command[++at]
        if (next === undefined) throw new AedileError('command_malformed', { command, why: 'it ends with a backslash' })
        word += next === '"' || next === '\\' ? next : `\\${next}`
      } else word += character
    } else if (character === "'" || character === '"') {
      quote = character
      word ??= ''
    } else if (character === '\\') {
      const next = command[++at]
      if (next === undefined) throw new AedileError('command_malformed', { command, why: 'it ends with a backslash' })
      word = (word ?? '') + next
    } else if (character === ' ' || character === '\t' || character === '\r' || character === '\n') {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + character
  }
  if (quote) throw new AedileError('command_malformed', { command, why: `a ${quote} is never closed` })
  if (word !== null) words.push(word)
  return words
}

/** Quotes one word for a POSIX shell, only when it needs it: equal to Python's `shlex.quote`. */
export function quoteShellWord(word: string): string {
  if (word === '') return "''"
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`
}

/** The words as one command that splits into them again: equal to Python's `shlex.join`. */
export function joinShellWords(words: readonly string[]): string {
  return words.map(quoteShellWord).join(' ')
}
