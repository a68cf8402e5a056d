import { createHash, timingSafeEqual } from 'node:crypto'
import { isJsonObject, type JsonObject } from '@aedile/core/json'
import type { Frames } from './frames.ts'

const POLICY_VIOLATION = 1008
export const PROTOCOL_ERROR = 1002

const AUTH_SECONDS = 60

/**
 * The first exchange on every socket: the client sends `{"type":"auth","token":...}`, the server `auth_success`. The token
 * is the raw auth string; without a configured one any is good. False when the socket was closed. Source: WC 2.1.
 */
export async function shakeHands(frames: Frames, authString: string | null): Promise<boolean> {
  const deadline = setTimeout(() => frames.socket.close(POLICY_VIOLATION, "Expected 'auth' message"), AUTH_SECONDS * 1000)
  const message = await takeMessage(frames)
  clearTimeout(deadline)
  if (message === null) return false
  const refusal = refuse(message, authString)
  if (refusal !== null) {
    frames.socket.close(POLICY_VIOLATION, refusal)
    return false
  }
  frames.socket.send('{"type":"auth_success"}')
  return true
}

/** The next message. Text that is no JSON object drops the connection without a close frame, as on genuine servers. */
export async function takeMessage(frames: Frames): Promise<JsonObject | null> {
  const text = await frames.takeText()
  if (text === null) return null
  try {
    const message: unknown = JSON.parse(text)
    if (isJsonObject(message)) return message
  } catch {
    // Falls through: what is no JSON is treated like any other broken message.
  }
  frames.socket.terminate()
  return null
}

/** The bytes of a close frame leave 123 for its reason. */
export function closeWithReason(frames: Frames, code: number, reason: string): void {
  let end = reason.length
  while (Buffer.byteLength(reason.slice(0, end)) > 123) end -= 1
  frames.socket.close(code, reason.slice(0, end))
}

function refuse(message: JsonObject, authString: string | null): string | null {
  if (message.type !== 'auth') return "Expected 'auth' message"
  if (authString === null) return null
  if (typeof message.token !== 'string' || message.token === '') return 'Auth required but no token provided'
  return isSame(message.token, authString) ? null : 'Invalid token'
}

/** Compares in constant time, also texts of different length. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest())
}
