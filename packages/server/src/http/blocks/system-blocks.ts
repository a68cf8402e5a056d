import type { JsonObject } from '@aedile/core/json'

/** A block type that every server has, with its one schema. */
export type SystemBlock = {
  name: string
  slug: string
  description: string
  capabilities: string[]
  isProtected: boolean
  fields: JsonObject
}

const FILE_SYSTEM = ['get-directory', 'put-directory', 'read-path', 'write-path']

/** The common system blocks, so that pages and clients that never registered a class find them. */
export const SYSTEM_BLOCKS: readonly SystemBlock[] = [
  define('Secret', 'secret', 'One value that is never shown.', {
    isProtected: true,
    properties: {
      value: { title: 'Value', description: 'Text, or any JSON, that must stay secret.', format: 'password', writeOnly: true },
    },
    required: ['value'],
    secretFields: ['value'],
  }),
  define('JSON', 'json', 'Any JSON value.', {
    properties: { value: { title: 'Value', description: 'The value.' } },
    required: ['value'],
  }),
  define('String', 'string', 'A text.', {
    properties: { value: { title: 'Value', description: 'The text.', type: 'string' } },
    required: ['value'],
  }),
  define('Date Time', 'date-time', 'A point in time.', {
    properties: { value: { title: 'Value', description: 'ISO 8601 text.', type: 'string', format: 'date-time' } },
    required: ['value'],
  }),
  define('Webhook', 'webhook', 'An HTTP request that can be sent.', {
    isProtected: true,
    properties: {
      method: { title: 'Method', type: 'string', enum: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], default: 'POST' },
      url: { title: 'Webhook URL', description: 'Where to send it.', type: 'string', format: 'password', writeOnly: true },
      headers: { title: 'Webhook Headers', description: 'Headers to send with it.', type: 'object' },
      allow_private_urls: {
        title: 'Allow Private Urls',
        description: 'Whether private addresses may be called.',
        type: 'boolean',
        default: true,
      },
      verify: { title: 'Verify', description: 'Whether the certificate must be valid.', type: 'boolean', default: true },
    },
    required: ['url'],
    secretFields: ['url', 'headers.*'],
  }),
  define('Local File System', 'local-file-system', 'Files below a directory of the machine that runs the flow.', {
    isProtected: true,
    capabilities: FILE_SYSTEM,
    properties: {
      basepath: {
        title: 'Basepath',
        description: 'The directory.',
        anyOf: [{ type: 'string' }, { type: 'null' }],
        default: null,
      },
    },
  }),
  define('Remote File System', 'remote-file-system', 'Files on anything that fsspec can reach, named by a URL.', {
    capabilities: FILE_SYSTEM,
    properties: {
      basepath: { title: 'Basepath', description: 'The URL, e.g. s3://bucket/folder/.', type: 'string' },
      settings: { title: 'Settings', description: 'Further settings of the file system.', type: 'object' },
    },
    required: ['basepath'],
  }),
  define('SMB', 'smb', 'Files on an SMB share.', {
    capabilities: FILE_SYSTEM,
    properties: {
      share_path: { title: 'Share Path', description: 'Share and path, e.g. /SHARE/dir.', type: 'string' },
      smb_username: secretText('SMB Username'),
      smb_password: secretText('SMB Password'),
      smb_host: { title: 'SMB server/hostname', type: 'string' },
      smb_port: { title: 'SMB port', anyOf: [{ type: 'integer' }, { type: 'null' }], default: null },
    },
    required: ['share_path', 'smb_host'],
    secretFields: ['smb_username', 'smb_password'],
  }),
]

type Parts = {
  properties: Record<string, JsonObject>
  required?: string[]
  secretFields?: string[]
  capabilities?: string[]
  isProtected?: boolean
}

function define(name: string, slug: string, description: string, parts: Parts): SystemBlock {
  const properties = Object.fromEntries(
    Object.entries(parts.properties).map(([key, property], position) => [key, { ...property, position }]),
  )
  return {
    name,
    slug,
    description,
    capabilities: parts.capabilities ?? [],
    isProtected: parts.isProtected ?? false,
    fields: {
      title: name.replaceAll(' ', ''),
      description,
      type: 'object',
      properties,
      ...(parts.required && { required: parts.required }),
      block_type_slug: slug,
      secret_fields: parts.secretFields ?? [],
      block_schema_references: {},
    },
  }
}

function secretText(title: string): JsonObject {
  return { title, anyOf: [{ type: 'string', format: 'password', writeOnly: true }, { type: 'null' }], default: null }
}
