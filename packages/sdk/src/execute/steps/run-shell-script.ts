import { resolve } from 'node:path'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import { splitShellWords } from '@aedile/core/shell-words'
import type { StepContext } from '../pull-steps.ts'
import { optionalText, textInput } from './inputs.ts'
import { runCommand } from './run-command.ts'

/**
 * Runs a script line by line, each as a program of its own unless a shell is named, and stops at the first that fails.
 * Its output goes to the run's logs, and is the step's output: `stdout` and `stderr`.
 */
export async function runShellScript(inputs: JsonObject, context: StepContext): Promise<JsonObject> {
  const script = textInput(inputs, 'script')
  const cwd = resolve(context.folder, optionalText(inputs, 'directory') ?? '.')
  const env = { ...context.environment, ...(isJsonObject(inputs.env) ? textValues(inputs.env) : {}) }
  const shell = optionalText(inputs, 'shell')
  const expand = inputs.expand_env_vars === true
  const onLine = inputs.stream_output === false ? undefined : (line: string) => context.logger.info(line)
  const stdout: string[] = []
  const stderr: string[] = []
  for (const line of script.split('\n')) {
    if (line.trim().startsWith('#')) continue
    const written = expand ? expandVariables(line, env) : line
    const words = shell ? [shell, '-c', written] : splitShellWords(written)
    const [program, ...args] = words
    if (program === undefined || (shell && written.trim() === '')) continue
    const result = await runCommand(program, args, { cwd, env, signal: context.signal, ...(onLine ? { onLine } : {}) })
    stdout.push(result.stdout)
    stderr.push(result.stderr)
    if (result.code !== 0) {
      const how = result.code === null ? `signal ${result.signal}` : `exit code ${result.code}`
      throw new Error(`\`${program}\` ended with ${how}: ${result.stderr.trim().slice(-500)}`)
    }
  }
  return { stdout: stdout.join('').trim(), stderr: stderr.join('').trim() }
}

function textValues(values: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]))
}

function expandVariables(line: string, env: Record<string, string | undefined>): string {
  return line.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced?: string, plain?: string) => env[braced ?? plain ?? ''] ?? whole)
}
