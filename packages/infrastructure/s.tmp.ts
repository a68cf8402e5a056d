import { DockerContainer, DockerRegistry, Process } from '@aedile/infrastructure'

const p = new Process({ command: ['echo', 'hi'], env: { A: '1', N: null } })
console.log(await p.save('my-process', { overwrite: true }))
console.log(await p.save('my-process').catch((e) => e.code + e.message))
console.log(await Process.load('my-process'))
const registry = new DockerRegistry({ username: 'u', password: 'pw', registryUrl: 'r:5000' })
const inline = new DockerContainer({ image: 'a:1', imagePullPolicy: 'NEVER', volumes: ['/a:/b'], imageRegistry: registry })
await inline.save('inline', { overwrite: true })
const l = await DockerContainer.load('inline')
console.log(l, l.imageRegistry.password, l.imageRegistry.documentId)
await registry.save('reg', { overwrite: true })
await inline.save('nested', { overwrite: true })
const m = await DockerContainer.load('nested')
console.log(m.imageRegistry, m.imageRegistry.password, m.imageRegistry.documentId === registry.documentId)
await m.save('nested', { overwrite: true })
const n = await DockerContainer.load('nested')
console.log(n.imageRegistry.password, n.toStored())
const api = process.env.PREFECT_API_URL
const f = async (path, body) =>
  (
    await fetch(
      api + path,
      body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {},
    )
  ).json()
for (const s of await f('/block_schemas/filter', { block_schemas: { block_capabilities: undefined, version: undefined } }))
  if (/docker-|process/.test(s.block_type.slug))
    console.log(
      s.block_type.slug,
      s.checksum,
      s.capabilities,
      s.version,
      JSON.stringify(s.fields.secret_fields),
      JSON.stringify(s.fields.block_schema_references),
    )
for (const b of await f('/block_documents/filter', {})) console.log(b.name, JSON.stringify(b.data))
