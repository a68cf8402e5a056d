import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeDockerfile, readLanguage } from './make-dockerfile.ts'

let parent: string
let folder: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'aedile-project-'))
  folder = join(parent, 'etl')
  mkdirSync(folder)
})
afterEach(() => rmSync(parent, { recursive: true, force: true }))

function put(...names: string[]): void {
  for (const name of names) writeFileSync(join(folder, name), '')
}
const make = (language: 'typescript' | 'python', baseImage: string | null = null) =>
  makeDockerfile({ folder, language, baseImage, version: '1.2.3' })

describe('a Dockerfile that is made', () => {
  it('for Python is the one that a genuine client makes', () => {
    put('requirements.txt')
    expect(make('python')).toEqual({
      directory: '/opt/prefect/etl',
      text: `FROM prefecthq/prefect:3.8.8-python3.11
COPY requirements.txt /opt/prefect/etl/requirements.txt
RUN uv pip install -r /opt/prefect/etl/requirements.txt
COPY . /opt/prefect/etl/
WORKDIR /opt/prefect/etl/
`,
    })
  })

  it('for TypeScript installs what the lock file says before it copies the code', () => {
    put('package.json', 'package-lock.json', '.npmrc')
    expect(make('typescript').text).toBe(`FROM node:24-slim
WORKDIR /opt/prefect/etl/
COPY package.json package-lock.json .npmrc /opt/prefect/etl/
RUN npm ci --omit=dev --no-audit --no-fund
COPY . /opt/prefect/etl/
ENV NODE_ENV=production PATH=/opt/prefect/etl/node_modules/.bin:/opt/prefect/node_modules/.bin:$PATH
`)
  })

  it.each([
    ['pnpm-lock.yaml', 'pnpm install --prod --frozen-lockfile'],
    ['yarn.lock', 'yarn install'],
    ['tsconfig.json', 'RUN npm install --omit=dev'],
  ])('beside %s installs by its tool', (name, command) => {
    put('package.json', name)
    expect(make('typescript').text).toContain(command)
  })

  it('for files without a package.json installs the SDK, unless a base image was named, which has it', () => {
    expect(make('typescript').text).toContain('RUN npm install --prefix /opt/prefect --no-audit --no-fund @aedile/sdk@1.2.3\n')
    expect(make('typescript', 'own:1').text).not.toContain('RUN')
    expect(make('typescript', 'own:1').text).toMatch(/^FROM own:1\n/)
  })

  it('puts the code where a path needs no quotes', () => {
    folder = join(parent, 'my $flows')
    mkdirSync(folder)
    expect(make('python').directory).toBe('/opt/prefect/my-flows')
  })

  it('is in the language of the entrypoint, else of the files', () => {
    put('package.json')
    expect(readLanguage(folder, 'a.py:f')).toBe('python')
    expect(readLanguage(folder, null)).toBe('typescript')
    put('requirements.txt')
    expect(readLanguage(folder, null)).toBe('python')
    expect(readLanguage(folder, 'a.mts:f')).toBe('typescript')
  })
})
