import type { BaseJobTemplate } from '@aedile/core/infrastructure-definition'
import type { JsonObject } from '@aedile/core/json'

const nullable = (type: JsonObject): JsonObject => ({ anyOf: [type, { type: 'null' }] })
const text: JsonObject = { type: 'string' }
const PULL_POLICIES = ['IfNotPresent', 'Always', 'IfPossible', 'Never']

const TEXTS = {
  type: 'What may be set for the container of a run.',
  command: "The command to run in the container, split like a shell would. By default, what fits the flow's entrypoint.",
  env: "Variables of the container, on top of the worker's settings. Null removes one.",
  labels: 'Labels of the container. A key such as a.b/c becomes b.a.c.',
  name: 'Name of the container; may hold {{ ctx.flow.* }} and {{ ctx.flow_run.* }}. By default, the name of the flow run.',
  image: 'The image. By default, one with Prefect in it.',
  registry_credentials: 'Who logs in to the registry when the image must be pulled.',
  image_pull_policy: 'When to pull the image. By default, always for the tag latest or none, else only when it is missing.',
  networks: 'Networks that the container joins.',
  network_mode: 'The network mode, e.g. host or bridge. Leave it out where networks are named.',
  auto_remove: 'Whether the container is removed when it has ended and its end was reported.',
  volumes: "What is mounted into the container. A source such as . or ./data is taken from the worker's working directory.",
  stream_output: "Whether output goes to the run's logs.",
  mem_limit: 'Memory for the container, e.g. 512m or 2g; without a unit, in bytes.',
  memswap_limit: 'Memory and swap together, -1 for as much swap as there is. It needs a memory limit; by default, twice that.',
  privileged: 'Whether the container may do nearly all that the host may.',
  container_create_kwargs: 'Anything else that docker-py takes when it creates a container, under its names.',
  credentials: 'Who may log in to a registry of images.',
  username: 'Name to log in with.',
  password: 'Password or token to log in with.',
  registry_url: 'Address of the registry, mostly without http or https.',
  reauth: 'Whether to log in each time, also when a login is known.',
}

/** JSON Schema of the variables of a Docker pool: titles, types, defaults and order of a genuine one (INF B.1). */
export const variables: JsonObject = {
  $defs: {
    DockerRegistryCredentials: {
      additionalProperties: true,
      block_schema_references: {},
      block_type_slug: 'docker-registry-credentials',
      description: TEXTS.credentials,
      properties: {
        username: { description: TEXTS.username, title: 'Username', type: 'string' },
        password: { description: TEXTS.password, format: 'password', title: 'Password', type: 'string', writeOnly: true },
        registry_url: {
          description: TEXTS.registry_url,
          examples: ['index.docker.io'],
          title: 'Registry Url',
          type: 'string',
        },
        reauth: { default: true, description: TEXTS.reauth, title: 'Reauth', type: 'boolean' },
      },
      required: ['username', 'password', 'registry_url'],
      secret_fields: ['password'],
      title: 'DockerRegistryCredentials',
      type: 'object',
    },
  },
  description: TEXTS.type,
  properties: {
    command: { ...nullable(text), default: null, description: TEXTS.command, title: 'Command' },
    env: { additionalProperties: nullable(text), description: TEXTS.env, title: 'Environment Variables', type: 'object' },
    labels: { additionalProperties: text, description: TEXTS.labels, title: 'Labels', type: 'object' },
    name: { ...nullable(text), default: null, description: TEXTS.name, title: 'Name' },
    image: {
      description: TEXTS.image,
      examples: ['docker.io/prefecthq/prefect:3-latest'],
      title: 'Image',
      type: 'string',
    },
    registry_credentials: {
      ...nullable({ $ref: '#/$defs/DockerRegistryCredentials' }),
      default: null,
      description: TEXTS.registry_credentials,
    },
    image_pull_policy: {
      ...nullable({ enum: PULL_POLICIES, type: 'string' }),
      default: null,
      description: TEXTS.image_pull_policy,
      title: 'Image Pull Policy',
    },
    networks: { description: TEXTS.networks, items: text, title: 'Networks', type: 'array' },
    network_mode: { ...nullable(text), default: null, description: TEXTS.network_mode, title: 'Network Mode' },
    auto_remove: { default: false, description: TEXTS.auto_remove, title: 'Auto Remove', type: 'boolean' },
    volumes: {
      description: TEXTS.volumes,
      examples: ['/my/local/path:/path/in/container', './data:/path/in/container'],
      items: text,
      title: 'Volumes',
      type: 'array',
    },
    stream_output: { default: true, description: TEXTS.stream_output, title: 'Stream Output', type: 'boolean' },
    mem_limit: { ...nullable(text), default: null, description: TEXTS.mem_limit, title: 'Memory Limit' },
    memswap_limit: { ...nullable(text), default: null, description: TEXTS.memswap_limit, title: 'Memory Swap Limit' },
    privileged: { default: false, description: TEXTS.privileged, title: 'Privileged', type: 'boolean' },
    container_create_kwargs: {
      ...nullable({ additionalProperties: true, type: 'object' }),
      default: null,
      description: TEXTS.container_create_kwargs,
      title: 'Container Configuration',
    },
  },
  type: 'object',
}

/** The template of a new pool: equal to a genuine one, but for the descriptions. */
export const defaultBaseJobTemplate: BaseJobTemplate = {
  job_configuration: toPlaceholders(Object.keys(variables.properties as JsonObject)),
  variables,
}

const plain = (title: string, type: JsonObject, description: string): JsonObject => ({ title, description, ...type })
const list = (extra: JsonObject = {}): JsonObject => ({ ...extra, type: 'array', items: text })

/** The template that is still in Prefect's list of worker types: pools that were made from it are common (INF 0.8). */
export const publishedBaseJobTemplate: BaseJobTemplate = {
  job_configuration: toPlaceholders(
    'command env labels name image registry_credentials image_pull_policy networks network_mode auto_remove volumes stream_output container_wait_timeout mem_limit memswap_limit privileged'.split(
      ' ',
    ),
  ),
  variables: {
    description: TEXTS.type,
    type: 'object',
    properties: {
      command: plain('Command', text, TEXTS.command),
      env: plain('Environment Variables', { type: 'object', additionalProperties: text }, TEXTS.env),
      labels: plain('Labels', { type: 'object', additionalProperties: text }, TEXTS.labels),
      name: plain('Name', text, TEXTS.name),
      image: plain('Image', { example: 'docker.io/prefecthq/prefect:3-latest', type: 'string' }, TEXTS.image),
      registry_credentials: plain(
        'Registry Credentials',
        { allOf: [{ $ref: '#/definitions/DockerRegistryCredentials' }] },
        TEXTS.registry_credentials,
      ),
      image_pull_policy: plain('Image Pull Policy', { enum: PULL_POLICIES, type: 'string' }, TEXTS.image_pull_policy),
      networks: plain('Networks', list(), TEXTS.networks),
      network_mode: plain('Network Mode', text, TEXTS.network_mode),
      auto_remove: plain('Auto Remove', { default: false, type: 'boolean' }, TEXTS.auto_remove),
      volumes: plain('Volumes', list({ example: ['/my/local/path:/path/in/container'] }), TEXTS.volumes),
      stream_output: plain('Stream Output', { default: true, type: 'boolean' }, TEXTS.stream_output),
      container_wait_timeout: plain(
        'Container Wait Timeout',
        { exclusiveMinimum: 0, type: 'integer' },
        'Has no effect: a run is followed to its end.',
      ),
      mem_limit: plain('Memory Limit', text, TEXTS.mem_limit),
      memswap_limit: plain('Memory Swap Limit', text, TEXTS.memswap_limit),
      privileged: plain('Privileged', { default: false, type: 'boolean' }, TEXTS.privileged),
    },
    definitions: {
      DockerRegistryCredentials: {
        title: 'DockerRegistryCredentials',
        description: TEXTS.credentials,
        type: 'object',
        properties: {
          username: plain('Username', text, TEXTS.username),
          password: plain('Password', { type: 'string', writeOnly: true, format: 'password' }, TEXTS.password),
          registry_url: plain('Registry Url', { example: 'index.docker.io', type: 'string' }, TEXTS.registry_url),
          reauth: plain('Reauth', { default: true, type: 'boolean' }, TEXTS.reauth),
        },
        required: ['username', 'password', 'registry_url'],
        block_type_slug: 'docker-registry-credentials',
        secret_fields: ['password'],
        block_schema_references: {},
      },
    },
  },
}

function toPlaceholders(names: string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, `{{ ${name} }}`]))
}
