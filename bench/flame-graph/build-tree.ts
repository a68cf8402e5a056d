/** A profile as V8 writes it: a tree of calls, which of them was on top at each sample, and microseconds before each. */
export type CpuProfile = {
  nodes: {
    id: number
    callFrame: { functionName: string; url: string; lineNumber: number }
    children?: number[]
  }[]
  samples: number[]
  timeDeltas: number[]
}

/** A function as it was called from here, with the microseconds in it and in all that it called. */
export type Frame = { name: string; place: string; microseconds: number; children: Frame[] }

/** What is no work: the process waited. */
const IDLE = new Set(['(idle)'])

/** The calls of a profile, equal ones from the same place put together, the most time first. Waiting is left out, and what was before a second. */
export function buildTree({ nodes, samples, timeDeltas }: CpuProfile, fromSeconds = 0): Frame {
  const own = new Map<number, number>()
  let at = 0
  for (const [index, id] of samples.entries()) {
    const passed = Math.max(0, timeDeltas[index] ?? 0)
    at += passed
    if (at >= fromSeconds * 1e6) own.set(id, (own.get(id) ?? 0) + passed)
  }
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const merge = (ids: number[]): Frame[] => {
    const groups = new Map<string, number[]>()
    for (const id of ids) {
      const { functionName, url, lineNumber } = byId.get(id)!.callFrame
      if (IDLE.has(functionName)) continue
      const key = `${functionName} ${url}:${lineNumber}`
      groups.set(key, [...(groups.get(key) ?? []), id])
    }
    const frames = [...groups.values()].map((same) => toFrame(same))
    return frames.filter(({ microseconds }) => microseconds > 0).sort((a, b) => b.microseconds - a.microseconds)
  }
  const toFrame = (same: number[]): Frame => {
    const { callFrame } = byId.get(same[0]!)!
    const children = merge(same.flatMap((id) => byId.get(id)!.children ?? []))
    const microseconds = same.reduce((sum, id) => sum + (own.get(id) ?? 0), 0) + sumOf(children)
    return { name: callFrame.functionName || '(anonymous)', place: placeOf(callFrame), microseconds, children }
  }
  return toFrame([nodes[0]!.id])
}

function sumOf(frames: Frame[]): number {
  return frames.reduce((sum, { microseconds }) => sum + microseconds, 0)
}

/** Package or folder, file and line, without what is before them on this machine. */
function placeOf({ url, lineNumber }: { url: string; lineNumber: number }): string {
  if (url === '') return ''
  if (url.startsWith('node:')) return `${url}:${lineNumber + 1}`
  const path = url.replace(/^file:\/\//, '')
  const short = /node_modules\/((?!.*node_modules\/).*)$/.exec(path)?.[1] ?? /(?:packages|infrastructures)\/.*$/.exec(path)?.[0]
  return `${short ?? path.split('/').slice(-2).join('/')}:${lineNumber + 1}`
}
