import { spawn } from 'node:child_process'

export type CommandOptions = {
  cwd: string
  env?: Record<string, string | undefined>
  signal: AbortSignal
  /** Called with each line of output as it comes. */
  onLine?: (line: string) => void
}

export type CommandResult = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }

/** Runs one program without a shell and collects what it writes. */
export function runCommand(program: string, args: string[], options: CommandOptions): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const { cwd, env, signal } = options
    const child = spawn(program, args, { cwd, env, signal, stdio: ['ignore', 'pipe', 'pipe'] })
    const output = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      let rest = ''
      child[stream].setEncoding('utf8').on('data', (chunk: string) => {
        output[stream] += chunk
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) options.onLine?.(line)
      })
      child[stream].on('end', () => {
        if (rest !== '') options.onLine?.(rest)
      })
    }
    child.on('error', (error) => reject(signal.aborted ? signal.reason : error))
    child.on('close', (code, ended) => resolve({ code, signal: ended, ...output }))
  })
}
