// Makes the file systems of test images, from programs of this machine.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A tar of a file system with busybox, a shell and its tools in /bin, and a file that is no program. */
export function makeBusyboxRoot() {
  const folder = mkdtempSync(join(tmpdir(), 'aedile-image-'))
  try {
    for (const name of ['bin', 'etc', 'tmp', 'root']) mkdirSync(join(folder, name))
    copyFileSync('/bin/busybox', join(folder, 'bin', 'busybox'))
    for (const name of output('/bin/busybox', ['--list']).toString().trim().split('\n')) {
      if (name !== 'busybox') symlinkSync('busybox', join(folder, 'bin', name))
    }
    writeFileSync(join(folder, 'bin', 'no-program'), 'no program\n', { mode: 0o755 })
    writeFileSync(join(folder, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
    writeFileSync(join(folder, 'etc', 'group'), 'root:x:0:\n')
    return output('tar', ['--owner=0', '--group=0', '-C', folder, '-c', '.'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function output(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { maxBuffer: 512 * 1024 * 1024 })
  if (status !== 0) throw new Error(`${command} failed: ${stderr || error?.message}`)
  return stdout
}
