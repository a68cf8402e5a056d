import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeContext, listContext, packContext } from './build-context.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aedile-context-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
}
const list = async (source: Parameters<typeof describeContext>[1] = { path: 'Dockerfile' }) =>
  listContext(describeContext(folder, source))

describe('the context of a build', () => {
  it('leaves out what .dockerignore says, with its exceptions, but never the Dockerfile', async () => {
    put({
      Dockerfile: '',
      '.dockerignore': '# a comment\nDockerfile\n*.log\nlogs\n!logs/keep/*.txt\n**/node_modules\n/only-here\n',
      'a.ts': '',
      'a.log': '',
      'deep/b.log': '',
      'logs/x.txt': '',
      'logs/keep/y.txt': '',
      'deep/node_modules/z.js': '',
      'deep/only-here': '',
      'only-here': '',
    })
    expect(await list()).toEqual(
      ['.dockerignore', 'Dockerfile', 'a.ts', 'deep', 'deep/b.log', 'deep/only-here', 'logs/keep/y.txt'].sort(),
    )
  })

  it('goes by the .dockerignore of its Dockerfile where there is one', async () => {
    put({ 'docker/prod': '', 'docker/prod.dockerignore': 'secret', '.dockerignore': 'public', secret: '', public: '' })
    const context = describeContext(folder, { path: 'docker/prod' })
    expect(context.dockerfile).toBe('docker/prod')
    expect(await listContext(context)).toEqual(expect.arrayContaining(['public', 'docker/prod']))
    expect(await listContext(context)).not.toContain('secret')
  })

  it('takes a made Dockerfile under a name that the engine removes again', async () => {
    put({ '.env': 'x', 'a.ts': '', 'node_modules/x.js': '' })
    const context = describeContext(folder, { text: 'FROM x\n', ignore: ['**/node_modules', '**/.env'] })
    expect(await listContext(context)).toEqual(['a.ts'])
    const tar = await text(await packContext(context))
    expect(tar).toContain(context.dockerfile)
    expect(context.extra.find(({ name }) => name === '.dockerignore')?.text).toBe(`.dockerignore\n${context.dockerfile}\n`)
  })

  it('takes a Dockerfile from outside the folder', () => {
    const outside = mkdtempSync(join(tmpdir(), 'aedile-outside-'))
    writeFileSync(join(outside, 'Dockerfile'), 'FROM outside\n')
    const { dockerfile, extra } = describeContext(folder, { path: join(outside, 'Dockerfile') })
    expect(extra[0]).toEqual({ name: dockerfile, text: 'FROM outside\n' })
    rmSync(outside, { recursive: true })
  })

  it('keeps modes and links, and is the same whoever builds it; a socket is no file', async () => {
    put({ Dockerfile: '', 'run.sh': '' })
    chmodSync(join(folder, 'run.sh'), 0o755)
    symlinkSync('run.sh', join(folder, 'link'))
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve))
    const tar = await text(await packContext(describeContext(folder, { path: 'Dockerfile' })))
    server.close()
    // All files are empty, so every block is a header.
    const blocks = Array.from({ length: tar.length / 512 }, (_, index) => tar.slice(index * 512, (index + 1) * 512))
    const header = (name: string) => blocks.find((block) => block.startsWith(`${name}\0`))!
    expect(header('run.sh').slice(100, 124).split('\0')).toEqual(['000755 ', '000000 ', '000000 ', ''])
    expect(header('link').slice(156, 163)).toBe('2run.sh')
    expect(tar).not.toContain('socket')
  })

  it('is refused without its Dockerfile or its folder', () => {
    expect(() => describeContext(folder, { path: 'Dockerfile' })).toThrow(`There is no Dockerfile ${join(folder, 'Dockerfile')}`)
    expect(() => describeContext(join(folder, 'none'), { path: 'Dockerfile' })).toThrow('is no folder')
  })
})
