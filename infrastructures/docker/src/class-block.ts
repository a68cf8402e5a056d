import type { BlockClass } from '@aedile/core/blocks/block-class'
import { DEFAULT_IMAGE } from '@aedile/core/templates/default-image'
import { infrastructureProperties } from '@aedile/worker/classes/infrastructure-properties'

const LOGO =
  'https://images.ctfassets.net/gm98wzqotmnx/2IfXXfMq66mrzJBDFFCHTp/6d8f320d9e4fc4393f045673d61ab612/Moby-logo.png?h=250'

/** What the class DockerRegistry tells a server about itself. */
export const dockerRegistryBlock: BlockClass = {
  title: 'DockerRegistry',
  name: 'Docker Registry',
  slug: 'docker-registry',
  description: 'Logs in to a registry of Docker images.',
  documentationUrl: null,
  logoUrl: LOGO,
  codeExample:
    "import { DockerRegistry } from '@aedile/infrastructure'\n\nconst registry = await DockerRegistry.load('BLOCK_NAME')",
  capabilities: ['docker-login'],
  properties: {
    username: { title: 'Username', description: 'Who logs in.', type: 'string' },
    password: {
      title: 'Password',
      description: 'The password or the token.',
      type: 'string',
      writeOnly: true,
      format: 'password',
    },
    registry_url: {
      title: 'Registry Url',
      description: 'The address of the registry; the scheme may be left out.',
      type: 'string',
    },
    reauth: {
      title: 'Reauth',
      description: 'Whether to log in though a login is known: a token may have expired.',
      default: true,
      type: 'boolean',
    },
  },
  required: ['username', 'password', 'registry_url'],
  secretFields: ['password'],
  nested: {},
}

const texts = { type: 'array', items: { type: 'string' } }

/** What the class DockerContainer tells a server about itself. */
export const dockerContainerBlock: BlockClass = {
  title: 'DockerContainer',
  name: 'Docker Container',
  slug: 'docker-container',
  description: 'Runs a command in a new container of a Docker engine.',
  documentationUrl: null,
  logoUrl: LOGO,
  codeExample:
    "import { DockerContainer } from '@aedile/infrastructure'\n\nconst container = await DockerContainer.load('BLOCK_NAME')",
  capabilities: ['run-infrastructure'],
  properties: {
    ...infrastructureProperties('docker-container'),
    image: { title: 'Image', description: 'The image, with its tag.', default: DEFAULT_IMAGE, type: 'string' },
    image_pull_policy: {
      title: 'Image Pull Policy',
      description: 'When the image is pulled. By default always for the tag latest and for none, else if it is not there.',
      default: null,
      anyOf: [{ enum: ['IF_NOT_PRESENT', 'ALWAYS', 'NEVER'], type: 'string' }, { type: 'null' }],
    },
    networks: { title: 'Networks', description: 'Networks that the container is connected to.', ...texts },
    network_mode: {
      title: 'Network Mode',
      description:
        'host, bridge, none or another mode; not together with networks. By default host for an API of this machine on Linux.',
      default: null,
      anyOf: [{ type: 'string' }, { type: 'null' }],
    },
    auto_remove: {
      title: 'Auto Remove',
      description: 'Whether the container is removed when it has ended.',
      default: false,
      type: 'boolean',
    },
    volumes: { title: 'Volumes', description: 'Mounts, as local_path:container_path.', ...texts },
    stream_output: {
      title: 'Stream Output',
      description: "Whether output goes to the script's own.",
      default: true,
      type: 'boolean',
    },
  },
  required: [],
  secretFields: [],
  nested: { image_registry: { blockClass: dockerRegistryBlock, description: 'Where to log in before the image is pulled.' } },
}
