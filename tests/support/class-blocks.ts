import { filterBlockDocuments, filterBlockSchemas, readBlockDocumentByName } from '@aedile/core/client/blocks'
import type { ApiClient } from '@aedile/core/client/client'
import { DockerContainer, DockerRegistry, type DockerRegistryAttributes, Process } from '@aedile/infrastructure'

/** The password of the login in these blocks. */
export const PASSWORD = 'the secret of the login'

const login: DockerRegistryAttributes = { username: 'ada', password: PASSWORD, registryUrl: 'r.test:5000', reauth: false }

/** Saves and loads blocks of our classes on a server, and tells what came of it: the same on every server. */
export async function saveClassBlocks(client: ApiClient) {
  const process = new Process({ command: ['echo', 'hi'], env: { A: '1' }, labels: { b: '2' }, name: 'x', streamOutput: false })
  await process.save('a-process', { client })
  const registry = new DockerRegistry(login)
  await new DockerContainer({ image: 'a:1', imageRegistry: registry }).save('with-its-own', { client })
  await registry.save('a-login', { client })
  const container = new DockerContainer({ image: 'a:1', imagePullPolicy: 'NEVER', volumes: ['/a:/b'], imageRegistry: registry })
  await container.save('with-a-saved-one', { client })
  const taken = await container.save('with-a-saved-one', { client }).then(
    () => 'saved',
    (error: { code: string }) => error.code,
  )
  const changed = new DockerContainer({ ...container, image: 'a:2' })
  await changed.save('with-a-saved-one', { client, overwrite: true })

  const own = await DockerContainer.load('with-its-own', { client })
  const saved = await DockerContainer.load('with-a-saved-one', { client })
  const schemas = await filterBlockSchemas(client)
  const documents = await filterBlockDocuments(client)
  const masked = await readBlockDocumentByName(client, 'docker-container', 'with-a-saved-one', { includeSecrets: false })
  return {
    process: { ...(await Process.load('a-process', { client })) },
    taken,
    own: { ...own, password: own.imageRegistry?.password, isSaved: own.imageRegistry?.documentId !== null },
    saved: {
      ...saved,
      password: saved.imageRegistry?.password,
      isTheSaved: saved.imageRegistry?.documentId === registry.documentId,
      isChanged: saved.documentId === container.documentId && saved.documentId === changed.documentId,
    },
    schemas: schemas
      .filter(({ block_type: type }) => ['process', 'docker-container', 'docker-registry'].includes(type!.slug))
      .map(({ block_type: type, checksum, capabilities }) => ({ slug: type!.slug, checksum, capabilities }))
      .sort((one, other) => (one.slug < other.slug ? -1 : 1)),
    masked: masked.data,
    isTold: JSON.stringify([documents, masked]).includes(PASSWORD),
  }
}
