// Starts a Postgres cluster of our own on a free port as user postgres, and stops it by its process id.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.mjs'

/** The folder of the newest installed Postgres programs, or null. */
export function findPostgres() {
  const base = '/usr/lib/postgresql'
  if (!existsSync(base)) return null
  const versions = readdirSync(base)
    .filter((version) => existsSync(join(base, version, 'bin', 'initdb')))
    .sort((a, b) => Number(a) - Number(b))
  return versions.length ? join(base, versions.at(-1), 'bin') : null
}

/** Starts a cluster. Returns its URL and a function that stops it and deletes its files. Only a durable one waits for the disk. */
export async function startPostgres({ durable = false } = {}) {
  const bin = findPostgres()
  if (!bin) throw new Error('Postgres is not installed. On Debian: apt-get install postgresql')
  const folder = mkdtempSync(join(tmpdir(), 'aedile-postgres-'))
  chmodSync(folder, 0o777)
  const data = join(folder, 'data')
  const port = await freePort()
  asPostgres(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8'])
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -k ${folder} -c max_connections=300 -c shared_buffers=256MB -c fsync=${durable ? 'on' : 'off'}`
  asPostgres(join(bin, 'pg_ctl'), ['-D', data, '-o', options, '-l', join(folder, 'log'), '-w', 'start'])
  const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const stop = () => {
    try {
      asPostgres(join(bin, 'pg_ctl'), ['-D', data, '-m', 'immediate', '-w', 'stop'])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return { url, pid, port, stop }
}

function asPostgres(command, args) {
  const root = process.getuid?.() === 0
  const result = root
    ? spawnSync('setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', command, ...args], {
        encoding: 'utf8',
        cwd: '/',
        stdio: ['ignore', 'ignore', 'pipe'],
      })
    : spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  if (result.status !== 0) throw new Error(`${command} failed: ${result.stderr || result.error?.message}`)
}
