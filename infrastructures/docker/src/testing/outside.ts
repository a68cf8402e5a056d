import { request } from 'node:http'

/** An engine as somebody else uses it, who knows nothing of attempts. */
export class OutsideEngine {
  readonly #socketPath: string

  constructor(host: string) {
    this.#socketPath = host.replace('unix://', '')
  }

  async tagImage(image: string, repo: string, tag: string): Promise<void> {
    await this.#ask('POST', `/images/${image}/tag?${new URLSearchParams({ repo, tag })}`)
  }

  async removeContainer(id: string): Promise<void> {
    await this.#ask('DELETE', `/containers/${id}?force=1`)
  }

  async createNetwork(name: string): Promise<void> {
    await this.#ask('POST', '/networks/create', { Name: name })
  }

  async removeNetwork(name: string): Promise<void> {
    await this.#ask('DELETE', `/networks/${name}`)
  }

  async networksOf(id: string): Promise<string[]> {
    const { NetworkSettings } = JSON.parse(await this.#ask('GET', `/containers/${id}/json`))
    return Object.keys(NetworkSettings.Networks)
  }

  /** Puts an empty file into a container. */
  async putFile(id: string, folder: string, name: string): Promise<void> {
    // The header of a tar entry: name, mode, ids, size, time, checksum, kind.
    const header = Buffer.alloc(512)
    header.write(name, 0)
    const fields = ['0000644', '0000000', '0000000', '00000000000', '00000000000']
    header.write(`${fields.join('\0')}\0        0`, 100)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    await this.#ask('PUT', `/containers/${id}/archive?path=${folder}`, Buffer.concat([header, Buffer.alloc(1024)]))
  }

  #ask(method: string, path: string, body?: unknown): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { 'Content-Type': Buffer.isBuffer(body) ? 'application/x-tar' : 'application/json' }
      const call = request({ socketPath: this.#socketPath, method, path, headers, agent: false }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        answer.on('end', () =>
          (answer.statusCode ?? 500) < 400 ? resolve(text) : reject(new Error(`${method} ${path}: ${text}`)),
        )
      })
      const sent = Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body)
      call.on('error', reject).end(sent)
    })
  }
}
