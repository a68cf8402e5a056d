import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StepContext } from './pull-steps.ts'
import { gitClone } from './steps/git-clone.ts'
import { runShellScript } from './steps/run-shell-script.ts'
import { setWorkingDirectory } from './steps/set-working-directory.ts'

const HERE = process.cwd()
let folder: string
let logged: string[]
let context: StepContext
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'aedile-steps-')))
  logged = []
  const write = (...values: unknown[]) => void logged.push(values.join(' '))
  const logger = { debug: write, info: write, warning: write, error: write, critical: write }
  context = { folder, environment: process.env, logger, signal: new AbortController().signal }
})
afterEach(async () => {
  process.chdir(HERE)
  await rm(folder, { recursive: true })
})

test('set_working_directory moves the run, and says when there is no such directory', async () => {
  await mkdir(join(folder, 'sub'))
  expect(await setWorkingDirectory({ directory: 'sub' }, context)).toEqual({ directory: join(folder, 'sub') })
  expect(process.cwd()).toBe(join(folder, 'sub'))
  await expect(setWorkingDirectory({ directory: 'gone' }, context)).rejects.toThrow(/gone does not exist/)
})

test('run_shell_script runs line by line, gives its output on and stops at the first failure', async () => {
  const script = `echo 'one two'\n# a comment\nprintf %s "$NOT_EXPANDED"\n`
  const output = await runShellScript({ script }, context)
  expect(output).toEqual({ stdout: 'one two\n$NOT_EXPANDED', stderr: '' })
  expect(logged).toEqual(['one two', '$NOT_EXPANDED'])
  const failing = runShellScript({ script: 'false\ntouch made' }, context)
  await expect(failing).rejects.toThrow('`false` ended with exit code 1')
  await expect(readFile(join(folder, 'made'))).rejects.toThrow()
})

test('run_shell_script has the environment that it was given, and a shell when named', async () => {
  const inputs = { script: 'echo $X-$Y', env: { X: 'a' }, shell: 'sh', stream_output: false }
  expect(await runShellScript(inputs, { ...context, environment: { ...process.env, Y: 'b' } })).toMatchObject({ stdout: 'a-b' })
  const expanded = { script: `echo \${X}`, env: { X: 'a b' }, expand_env_vars: true }
  expect(await runShellScript(expanded, context)).toMatchObject({ stdout: 'a b' })
  expect(logged).toEqual(['a b'])
})

test('git_clone gets a branch, and brings an earlier clone up to date', async () => {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: join(folder, 'origin') })
  await mkdir(join(folder, 'origin'))
  git('init', '-q', '-b', 'main')
  await writeFile(join(folder, 'origin', 'flow.ts'), 'one')
  git('add', '.')
  git('commit', '-q', '-m', 'one')
  const inputs = { repository: `file://${folder}/origin`, branch: 'main' }
  const { directory } = await gitClone(inputs, context)
  expect(directory).toBe(join(folder, 'origin-main'))
  await writeFile(join(folder, 'origin', 'flow.ts'), 'two')
  git('commit', '-q', '-a', '-m', 'two')
  await gitClone(inputs, context)
  expect(await readFile(join(folder, 'origin-main', 'flow.ts'), 'utf8')).toBe('two')
})

test('a token never appears: not in the error, not in the address', async () => {
  const inputs = { repository: 'https://user:hidden@127.0.0.1:1/x.git', credentials: { token: 'hush' } }
  const failure = await gitClone(inputs, context).catch((error: unknown) => String(error))
  expect(failure).toContain('git clone failed')
  expect(failure).not.toMatch(/hush|hidden/)
})
