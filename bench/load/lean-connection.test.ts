import { expect, it } from 'vitest'
import { readAnswer } from './lean-connection.ts'

const bytes = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'))

it('reads an answer only when it is whole, and leaves what comes after it', () => {
  const whole = 'HTTP/1.1 200 OK\nContent-Length: 4\n\nabcd'
  expect(readAnswer(bytes('HTTP/1.1 200 OK\nContent-Length: 4\n'))).toBeNull()
  expect(readAnswer(bytes(whole).subarray(0, -1))).toBeNull()
  expect(readAnswer(Buffer.concat([bytes(whole), bytes('HTTP')]))).toEqual({
    status: 200,
    text: 'abcd',
    length: bytes(whole).length,
    closes: false,
  })
})

it('puts chunks together', () => {
  const answer = bytes('HTTP/1.1 503 Busy\ntransfer-encoding: chunked\nconnection: close\n\n3\nabc\n2\nde\n0\n\n')
  expect(readAnswer(answer)).toEqual({ status: 503, text: 'abcde', length: answer.length, closes: true })
  expect(readAnswer(answer.subarray(0, -3))).toBeNull()
})
