import type { JsonObject, JsonValue } from '@aedile/core/json'
import { isJsonObject } from '@aedile/core/json'
import { type Html, html, page } from './html.ts'

/** The API's documentation as one page: it needs no script and nothing from elsewhere. */
export function renderDocumentation(document: JsonObject): string {
  const operations = listOperations(document)
  const groups = [...new Set(operations.map(({ resource }) => resource))]
  return page(
    'API of Aedile',
    html`<h1>API</h1>
<p class="soft">From <a href="/openapi.json">/openapi.json</a>, OpenAPI ${document.openapi}. Paths stand under <code>${basePathOf(document)}</code>. <a href="/">Home</a></p>
${groups.map((group) =>
  renderGroup(
    group,
    operations.filter(({ resource }) => resource === group),
  ),
)}
<h2>Schemas</h2>
${Object.entries(schemasOf(document)).map(
  ([name, schema]) =>
    html`<details id="${name}"><summary>${name}</summary><pre>${JSON.stringify(schema, null, 2)}</pre></details>`,
)}`,
  )
}

type Operation = { method: string; path: string; resource: string; details: JsonObject }

function listOperations(document: JsonObject): Operation[] {
  const paths = isJsonObject(document.paths) ? document.paths : {}
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(isJsonObject(methods) ? methods : {}).flatMap(([method, details]) =>
      isJsonObject(details)
        ? [{ method: method.toUpperCase(), path, resource: String(details['x-aedile-resource']), details }]
        : [],
    ),
  )
}

function renderGroup(name: string, operations: Operation[]): Html {
  return html`<h2>${name}</h2>${operations.map(renderOperation)}`
}

function renderOperation({ method, path, details }: Operation): Html {
  const parameters = Array.isArray(details.parameters) ? details.parameters.filter(isJsonObject) : []
  const responses = isJsonObject(details.responses) ? Object.entries(details.responses) : []
  return html`<details><summary><span class="method">${method}</span> <code>${path}</code> <span class="soft">${details.summary}</span></summary>
${parameters.length > 0 && html`<p>Parameters: ${parameters.map((one) => html`<code>${one.name}</code> (${one.in}${one.required ? ', required' : ''}) `)}</p>`}
${isJsonObject(details.requestBody) && html`<p>Body: ${linkSchema(details.requestBody)}</p>`}
<p>Answers: ${responses.map(([status, answer]) => html`<code>${status}</code> ${isJsonObject(answer) ? answer.description : ''} ${linkSchema(answer)} `)}</p>
</details>`
}

function linkSchema(holder: JsonValue): Html | null {
  const reference = /"\$ref":"#\/components\/schemas\/(\w+)"/.exec(JSON.stringify(holder))?.[1]
  return reference ? html`<a href="#${reference}">${reference}</a>` : null
}

function schemasOf(document: JsonObject): JsonObject {
  const components = document.components
  return isJsonObject(components) && isJsonObject(components.schemas) ? components.schemas : {}
}

function basePathOf(document: JsonObject): string {
  const [server] = Array.isArray(document.servers) ? document.servers : []
  return isJsonObject(server) ? String(server.url) : '/'
}
