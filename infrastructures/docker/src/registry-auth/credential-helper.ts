import { execFile } from 'node:child_process'
import { AedileError } from '@aedile/core/errors'
import type { Credentials } from './credentials.ts'

/** A helper may ask a person or a cloud. */
const ANSWER_SECONDS = 60

/**
 * Asks a credential helper of Docker (`docker-credential-NAME get`, the registry on its standard input). Null when it
 * knows the registry not.
 */
export async function askCredentialHelper(
  name: string,
  address: string,
  { environment, signal }: { environment: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Credentials | null> {
  const program = `docker-credential-${name}`
  if (!/^[\w.-]+$/.test(name)) throw failed(program, 'its name cannot be the name of a program')
  const { code, out, error } = await run(program, address, environment, signal)
  const said = `${out} ${error}`.trim()
  if (code === 'ENOENT') throw failed(program, `it is not installed (Docker's config names it for ${address})`)
  if (code !== 0 && /credentials not found/i.test(said)) return null
  if (code !== 0) throw failed(program, `it ended with ${code}: ${error.trim() || out.trim()}`)
  return readAnswer(program, out)
}

function run(program: string, input: string, environment: NodeJS.ProcessEnv, signal: AbortSignal) {
  return new Promise<{ code: number | string; out: string; error: string }>((resolve, reject) => {
    const options = { env: environment, signal, timeout: ANSWER_SECONDS * 1000, maxBuffer: 1024 * 1024 }
    const child = execFile(program, ['get'], options, (failure, out, error) => {
      if (signal.aborted) reject(signal.reason)
      else if (failure?.killed) resolve({ code: 1, out: '', error: `no answer within ${ANSWER_SECONDS} s` })
      else resolve({ code: failure?.code ?? 0, out, error })
    })
    // One that ends without reading is told by its exit code.
    child.stdin?.on('error', () => {})
    child.stdin?.end(`${input}\n`)
  })
}

/** Nothing of an answer is repeated in an error: it has the secret in it. */
function readAnswer(program: string, out: string): Credentials {
  let answer: { Username?: unknown; Secret?: unknown } = {}
  try {
    answer = JSON.parse(out) as typeof answer
  } catch {
    throw failed(program, 'its answer is no JSON')
  }
  const { Username: username, Secret: secret } = answer
  if (typeof secret !== 'string' || typeof username !== 'string') throw failed(program, 'its answer has no Username and Secret')
  if (username === '<token>') return { username: null, secret, kind: 'identity-token', origin: program }
  return { username, secret, kind: 'password', origin: program }
}

function failed(program: string, why: string): AedileError {
  return new AedileError('infrastructure_failed', { what: `The credential helper ${program} gives no credentials: ${why}.` })
}
