type TextSearch = { include: string[]; exclude: string[]; required: string[] }

const TERM = /([-!+]?)(?:"((?:\\[\s\S]|[^"\\])*)(?:"|\\?$)|([^\s"]+))/y
const LONE_PREFIX = /^[-!+](\s|$)/

/**
 * Reads a search text: words are alternatives, `-` or `!` before a word excludes it, `+` requires it, quotes keep words
 * together. Matching ignores case and takes `%` and `_` literally. Source: WC 6.5.
 */
export function parseTextSearch(query: string): TextSearch {
  const search: TextSearch = { include: [], exclude: [], required: [] }
  let index = 0
  while (index < query.length) {
    TERM.lastIndex = index
    const match = LONE_PREFIX.test(query.slice(index, index + 2)) ? null : TERM.exec(query)
    if (!match) {
      index += 1
      continue
    }
    index = TERM.lastIndex
    const [, prefix, phrase, word] = match
    const term = phrase === undefined ? (word ?? '') : phrase.replace(/\\(["\\])/g, '$1')
    if (term.trim() === '') continue
    if (prefix === '+') search.required.push(term)
    else if (prefix) search.exclude.push(term)
    else search.include.push(term)
  }
  return search
}

/** True when the text satisfies the search; an empty search is satisfied by every text. */
export function matchesTextSearch(search: TextSearch, text: string): boolean {
  const lower = text.toLowerCase()
  const has = (term: string) => lower.includes(term.toLowerCase())
  return (search.include.length === 0 || search.include.some(has)) && !search.exclude.some(has) && search.required.every(has)
}
