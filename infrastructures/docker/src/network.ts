/** What decides on a container's network: the user's wishes, the API's address, and where the worker runs. */
export type NetworkWishes = { networkMode: string | null; networks: string[]; apiUrl: string | null; platform: string }

/**
 * The network mode: the user's; none where networks are named; `host` where the API is local and the worker runs on Linux,
 * so that localhost is the same place inside; otherwise Docker's own. Source: INF B.2.
 */
export function networkModeOf({ networkMode, networks, apiUrl, platform }: NetworkWishes): string | null {
  if (networkMode) return networkMode
  if (networks.length > 0 || !apiUrl) return null
  const host = readNetworkLocation(apiUrl).split(':')[0]
  return platform === 'linux' && (host === '127.0.0.1' || host === 'localhost') ? 'host' : null
}

/** The part after `//` as Python's urlparse reads it. A URL that it refuses has no local host either. */
function readNetworkLocation(url: string): string {
  const text = url.replace(/^[\0- ]+/, '').replace(/[\t\r\n]/g, '')
  const rest = text.replace(/^[a-zA-Z][a-zA-Z0-9+.-]*:/, '')
  return rest.startsWith('//') ? rest.slice(2).split(/[/?#]/)[0]! : ''
}

/** The API's URL as a container outside the host's network reaches it. */
export function rewriteApiUrl(url: string): string {
  return url.replaceAll('localhost', 'host.docker.internal').replaceAll('127.0.0.1', 'host.docker.internal')
}

/** A genuine worker's pattern: its dots stand for any character, and it looks anywhere in the URL. */
const LOCAL_API = /localhost|127[^\n]0[^\n]0[^\n]1|host[^\n]docker[^\n]internal/

/**
 * The hosts that a container on Linux needs to reach its host; null when it needs none. None are given where the URL of
 * the API is another machine's, and an empty mapping where the engine is too old for it.
 */
export function gatewayHosts(apiUrl: string | undefined, platform: string, engineVersion: string): Record<string, string> | null {
  if (platform !== 'linux') return null
  if (apiUrl !== undefined && !LOCAL_API.test(apiUrl)) return null
  return isAtLeast(engineVersion, [20, 10, 0]) ? { 'host.docker.internal': 'host-gateway' } : {}
}

/** An engine whose version cannot be read is taken for a new one. */
function isAtLeast(version: string, wanted: number[]): boolean {
  const [, release = '', rest = ''] = /^v?([\d.]+)(.*)$/.exec(version.replaceAll('-ce', '').replaceAll('-ee', '')) ?? []
  if (release === '') return true
  const found = release.split('.').map(Number)
  for (const [index, least] of wanted.entries()) {
    const part = found[index] ?? 0
    if (part !== least) return part > least
  }
  return !/^[-_.]?(a|b|c|rc|alpha|beta|pre|preview|dev)/i.test(rest)
}
