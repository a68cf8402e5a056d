import { createClient } from '@aedile/core/client/client'
import { DockerContainer } from '@aedile/infrastructure'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, saveClassBlocks } from '../support/class-blocks.ts'
import { hasGenuine, runPython, type ServerUnderTest, startGenuineServer, title } from './genuine.ts'
import { startOurServer } from './ours.ts'

/** Classes of the same slugs in Python, as the block generation had them; one block is loaded, changed and saved. */
const PROGRAM = `
from typing import Dict, List, Optional
from pydantic import SecretStr
from prefect.blocks.core import Block

class DockerRegistry(Block):
    _block_type_name = "Docker Registry"
    _block_type_slug = "docker-registry"
    _block_schema_capabilities = ["docker-login"]
    username: str
    password: SecretStr
    registry_url: str
    reauth: bool = True

class DockerContainer(Block):
    _block_type_name = "Docker Container"
    _block_type_slug = "docker-container"
    _block_schema_capabilities = ["run-infrastructure"]
    type: str = "docker-container"
    command: Optional[List[str]] = None
    labels: Dict[str, str] = {}
    image: str = "x"
    image_registry: Optional[DockerRegistry] = None

block = DockerContainer.load("with-a-saved-one")
print(block.image, block.image_registry.username, block.image_registry.password.get_secret_value())
DockerContainer(image="b:1", labels={"a.b/c": "d"}, image_registry=DockerRegistry.load("a-login")).save("from-python")
`

describe.skipIf(!hasGenuine)(title('Blocks of our infrastructure classes'), () => {
  let servers: ServerUnderTest[] = []
  beforeAll(async () => {
    servers = await Promise.all([startGenuineServer(), startOurServer()])
  })
  afterAll(() => Promise.all(servers.map((server) => server.stop())))

  test('are the same on a genuine server and on ours, checksums of their schemas included', async () => {
    const [genuine, ours] = await Promise.all(servers.map(({ apiUrl }) => saveClassBlocks(createClient({ apiUrl }))))
    expect(ours).toEqual(genuine)
    expect(genuine).toMatchObject({ taken: 'api_conflict', isTold: false, saved: { isTheSaved: true, isChanged: true } })
  })

  test('are loaded by genuine clients that have such classes, and those of genuine clients by ours', async () => {
    for (const { apiUrl } of servers) {
      expect(await runPython(['-c', PROGRAM], apiUrl)).toContain(`a:2 ada ${PASSWORD}`)
      const loaded = await DockerContainer.load('from-python', { client: createClient({ apiUrl }) })
      expect(loaded).toMatchObject({
        image: 'b:1',
        labels: { 'b.a.c': 'd' },
        // The block generation of 2.20 stores null for the default.
        command: ['python', '-m', 'prefect.engine'],
        imageRegistry: { password: PASSWORD },
      })
    }
  })
})
