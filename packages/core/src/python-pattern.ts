/**
 * A regular expression of a JSON Schema, which was most likely written for Python. What JavaScript spells otherwise is
 * translated; the stricter Unicode mode is left when the pattern has an escape that only Python takes.
 * @throws SyntaxError for a pattern that JavaScript cannot express.
 */
export function toRegExp(pattern: string): RegExp {
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
