import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Engine, startEngine } from '../../../scripts/docker/engine.mjs'
import { dockerDriver } from './driver.ts'
import { DockerStage } from './testing/docker-stage.ts'
import { testEngine } from './testing/engine.ts'
import { withEngine } from './testing/with-engine.ts'

const run = promisify(execFile)
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aedile-connections-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Sets variables of this process for one test, as a worker's environment has them. */
function setEnvironment(variables: Record<string, string | undefined>) {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]))
  const apply = (values: Record<string, string | undefined>) => {
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
  apply(variables)
  onTestFinished(() => apply(before))
}

/** Runs a container to its end over a connection that the environment names. */
async function runThrough() {
  const connection = await dockerDriver.connect({}, {})
  const facts = await connection.facts()
  await connection.close()
  const stage = await DockerStage.open(process.env.DOCKER_HOST, process.env)
  try {
    const { outcome, recorder, handle } = await stage.run({ command: "sh -c 'echo over there; exit 3'" })
    expect(outcome).toMatchObject({ kind: 'failed', exitCode: 3 })
    expect(recorder.text('stdout')).toBe('over there\n')
    return { facts, handle }
  } finally {
    await stage.close()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

withEngine('a connection', () => {
  describe('over TCP with TLS', () => {
    let engine: Engine
    let host: string
    let certificates: string
    beforeAll(async () => {
      certificates = join(folder, 'certificates')
      mkdirSync(certificates)
      await makeCertificates(certificates)
      const file = (name: string) => join(certificates, `${name}.pem`)
      host = `tcp://127.0.0.1:${await freePort()}`
      const tls = ['--tlsverify', '--tlscacert', file('ca'), '--tlscert', file('server-cert'), '--tlskey', file('server-key')]
      engine = await startEngine({ options: ['--host', host, ...tls] })
    })
    afterAll(() => engine?.stop())

    it('runs containers with the certificates of DOCKER_CERT_PATH', async () => {
      setEnvironment({ DOCKER_HOST: host, DOCKER_CERT_PATH: certificates, DOCKER_TLS_VERIFY: '1', DOCKER_CONTEXT: undefined })
      const connection = await dockerDriver.connect({}, {})
      expect(await connection.facts()).toMatchObject({ baseUrl: host.replace('tcp', 'https'), platform: process.platform })
      await connection.close()
      const stage = await DockerStage.open(host, process.env)
      const { outcome, handle } = await stage.run({ command: 'true' })
      expect(outcome).toMatchObject({ kind: 'completed' })
      expect(handle.native.baseUrl).toBe(host.replace('tcp', 'https'))
      await stage.close()
    })

    it('is refused without a certificate, and with an authority that the engine does not have', async () => {
      setEnvironment({ DOCKER_HOST: host, DOCKER_CERT_PATH: undefined, DOCKER_TLS_VERIFY: undefined, HOME: folder })
      await expect(dockerDriver.connect({}, {})).rejects.toMatchObject({ code: 'infrastructure_failed' })
      const other = join(folder, 'other')
      mkdirSync(other)
      await makeCertificates(other)
      setEnvironment({ DOCKER_CERT_PATH: other, DOCKER_TLS_VERIFY: '1' })
      await expect(dockerDriver.connect({}, {})).rejects.toThrow(/does not answer: .*(certificate|signature)/)
    })
  })

  describe('over ssh', () => {
    it('runs containers through the ssh of the user, and tells what ssh says when it fails', async () => {
      const server = await startSshServer(join(folder, 'ssh'), testEngine!)
      onTestFinished(() => server.stop())
      setEnvironment({
        PATH: `${server.bin}${delimiter}${process.env.PATH}`,
        DOCKER_HOST: 'ssh://engine',
        DOCKER_CONTEXT: undefined,
      })
      const { facts, handle } = await runThrough()
      expect(facts).toMatchObject({ baseUrl: 'http+docker://ssh' })
      expect(handle.native.baseUrl).toBe('http+docker://ssh')
      server.stop()
      await expect(dockerDriver.connect({}, {})).rejects.toThrow(/The Docker engine at ssh:\/\/engine does not answer: .*refused/)
    })
  })
})

/** An authority, a server's certificate for 127.0.0.1 and a client's, under the names that Docker uses. */
async function makeCertificates(to: string): Promise<void> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: to })
  const subject = (name: string) => ['-subj', `/CN=${name}`]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  await openssl('req', '-x509', ...key, '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-days', '2', ...subject('authority'))
  for (const [prefix, use] of [
    ['server-', 'serverAuth'],
    ['', 'clientAuth'],
  ] as const) {
    const [certificate, request] = [`${prefix}cert.pem`, `${prefix}request.pem`]
    await openssl('req', ...key, '-keyout', `${prefix}key.pem`, '-out', request, ...subject(use))
    writeFileSync(join(to, 'extensions'), `subjectAltName=IP:127.0.0.1\nextendedKeyUsage=${use}\n`)
    const authority = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-days', '2', '-extfile', 'extensions']
    await openssl('x509', '-req', '-in', request, '-out', certificate, ...authority)
  }
}

/** An ssh server on loopback, and a folder with an `ssh` that knows it under the name `engine`. */
async function startSshServer(to: string, engineHost: string): Promise<{ bin: string; stop(): void }> {
  mkdirSync(join(to, 'bin'), { recursive: true })
  // sshd wants it, and Debian makes it only when it starts the service.
  mkdirSync('/run/sshd', { recursive: true })
  const port = await freePort()
  const keygen = (name: string) => run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(to, name)])
  await Promise.all([keygen('host'), keygen('user')])
  await run('cp', [join(to, 'user.pub'), join(to, 'authorized')])
  const daemon = ['ListenAddress 127.0.0.1', `Port ${port}`, `HostKey ${to}/host`, `AuthorizedKeysFile ${to}/authorized`]
  const rules = ['PasswordAuthentication no', 'UsePAM no', 'StrictModes no', 'PidFile none', `SetEnv DOCKER_HOST=${engineHost}`]
  writeFileSync(join(to, 'sshd_config'), `${[...daemon, ...rules, 'PermitRootLogin yes', 'MaxStartups 50'].join('\n')}\n`)
  const known = `${to}/known_hosts`
  const client = ['Host engine', 'HostName 127.0.0.1', `Port ${port}`, `IdentityFile ${to}/user`, 'IdentitiesOnly yes']
  const trust = [`UserKnownHostsFile ${known}`, 'StrictHostKeyChecking accept-new']
  writeFileSync(join(to, 'ssh_config'), `${[...client, ...trust].join('\n')}\n`)
  writeFileSync(join(to, 'bin', 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${to}/ssh_config "$@"\n`, { mode: 0o755 })
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(to, 'sshd_config')], { stdio: 'ignore' })
  while (!(await isListening(port))) if (server.exitCode !== null) throw new Error(`sshd ended with ${server.exitCode}`)
  return { bin: join(to, 'bin'), stop: () => void server.kill() }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const listening = await Promise.race([once(socket, 'connect').then(() => true), once(socket, 'error').then(() => false)]).catch(
    () => false,
  )
  socket.destroy()
  return listening
}
