import { quoteShellWord } from '@aedile/core/shell-words'
import type { DockerRequest } from './request.ts'

const CURL = `curl --fail-with-body -sS --unix-socket "\${DOCKER_SOCKET:-/var/run/docker.sock}"`
const HOST = 'http://localhost/v1.41'

/** The requests as shell lines over the Engine's socket. The login is read from $REGISTRY_AUTH: a header, in base64. */
export function toShell({ pull, name, platform, create, networks }: DockerRequest): string[] {
  const query = toQuery({ name: name ?? '', platform: platform ?? '' })
  const body = quoteShellWord(JSON.stringify(create))
  return [
    ...toPullLines(pull),
    `container=$(${CURL} -H 'Content-Type: application/json' -d ${body} ${quoteShellWord(`${HOST}/containers/create${query}`)} | sed 's/.*"Id":"\\([0-9a-f]*\\)".*/\\1/')`,
    ...networks.map(
      (network) =>
        `${CURL} -H 'Content-Type: application/json' -d "{\\"Container\\":\\"$container\\"}" ${quoteShellWord(`${HOST}/networks/${encodeURIComponent(network)}/connect`)}`,
    ),
    `${CURL} -X POST "${HOST}/containers/$container/start"`,
  ]
}

function toPullLines({ when, orLocal, fromImage, tag, login }: DockerRequest['pull']): string[] {
  if (when === 'never') return []
  const header = login ? ' -H "X-Registry-Auth: $REGISTRY_AUTH"' : ''
  const pull = `${CURL} -X POST${header} ${quoteShellWord(`${HOST}/images/create${toQuery({ fromImage, tag })}`)}`
  const inspect = `${CURL} -o /dev/null ${quoteShellWord(`${HOST}/images/${toPath(fromImage, tag)}/json`)}`
  if (when === 'if-missing') return [`${inspect} || ${pull}`]
  return [orLocal ? `${pull} || ${inspect}` : pull]
}

function toPath(fromImage: string, tag: string): string {
  return `${fromImage}${tag.includes(':') ? '@' : ':'}${tag}`
}

function toQuery(entries: Record<string, string>): string {
  const given = Object.entries(entries).filter(([, value]) => value !== '')
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}
