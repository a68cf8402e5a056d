import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isLoopback, toLocalUrl } from './listen-address.ts'
import { readServerStatus, stopServer, writePidFile } from './pid-file.ts'
import { readStartTime } from './process-identity.ts'
import { installSignals } from './signals.ts'

describe('the pid file', () => {
  let home: string
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'aedile-home-'))
  })
  afterEach(() => rm(home, { recursive: true, force: true }))

  it('does not take another process with the same pid for the server', async () => {
    await writePidFile(home, { url: 'http://x', version: '1' })
    expect(await readServerStatus(home)).toMatchObject({ running: true })
    const record = { pid: process.pid, startTime: 'another time', url: 'http://x', version: '1' }
    await writeFile(join(home, 'server.pid'), JSON.stringify(record))
    expect(await readServerStatus(home)).toEqual({ running: false })
    await writeFile(join(home, 'server.pid'), 'not json')
    expect(await readServerStatus(home)).toEqual({ running: false })
  })

  it.each([
    ['process.on("SIGTERM", () => process.exit(0))', 'stopped'],
    ['process.on("SIGTERM", () => {})', 'killed'],
  ])('stops a server that does %s: %s', async (handler, result) => {
    const child = spawn(process.execPath, ['-e', `${handler}; setInterval(() => {}, 1000); console.log("ready")`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const record = { pid: child.pid, startTime: await readStartTime(child.pid!), url: 'http://x', version: '1' }
    await writeFile(join(home, 'server.pid'), JSON.stringify(record))
    expect(await stopServer(home, { timeoutSeconds: result === 'killed' ? 0.2 : 10 })).toBe(result)
    expect(await readStartTime(child.pid!)).toBeNull()
  })
})

describe('signals', () => {
  it('stop the server at the first and end the process at the second', async () => {
    const exits: number[] = []
    let stops = 0
    const stopped = Promise.withResolvers<void>()
    const exited = Promise.withResolvers<void>()
    const uninstall = installSignals(
      {
        stop: () => {
          stops++
          return stopped.promise
        },
      },
      (code) => {
        exits.push(code)
        if (code === 0) exited.resolve()
      },
    )
    process.emit('SIGINT')
    expect([stops, exits]).toEqual([1, []])
    process.emit('SIGINT')
    expect([stops, exits]).toEqual([1, [130]])
    stopped.resolve()
    await exited.promise
    uninstall()
    expect(exits).toEqual([130, 0])
  })
})

describe('addresses', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.1.2.3', true],
    ['localhost', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.1.1', false],
    ['127.example.com', false],
  ])('%s is loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })

  it('gives a URL that this machine reaches', () => {
    expect(toLocalUrl('0.0.0.0', 1)).toBe('http://127.0.0.1:1')
    expect(toLocalUrl('::', 1)).toBe('http://[::1]:1')
  })
})
