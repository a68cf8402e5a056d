export type PullPolicy = 'IfNotPresent' | 'Always' | 'IfPossible' | 'Never'

/**
 * Splits an image reference into name and tag or digest; the first part of a path may hold a port.
 * Null when a genuine worker cannot split it.
 */
export function parseImage(reference: string): { name: string; tag: string | null } | null {
  const slash = reference.indexOf('/')
  const [host, path] = slash < 0 ? ['', reference] : [reference.slice(0, slash + 1), reference.slice(slash + 1)]
  const separator = path.includes('@') ? '@' : path.includes(':') ? ':' : null
  if (separator === null) return { name: reference, tag: null }
  const [name, tag, ...more] = path.split(separator)
  return more.length > 0 ? null : { name: `${host}${name}`, tag: tag! }
}

/** The policy that holds: the named one, else by the tag. */
export function pullPolicyOf(named: PullPolicy | null, tag: string | null): PullPolicy {
  return named ?? (!tag || tag === 'latest' ? 'Always' : 'IfNotPresent')
}
