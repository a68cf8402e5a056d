import { expect, it } from 'vitest'
import { computeSchemaChecksum, readFieldsText } from './checksum.ts'

/** Each text and the checksum that Prefect 3.8.8 computes of it (`Block._calculate_schema_checksum`). */
const GENUINE: [string, string, string][] = [
  [
    'plain',
    '{"title": "A", "type": "object", "properties": {"b": {"type": "string"}, "a": {"default": null}}, "secret_fields": ["b"], "block_type_slug": "a", "block_schema_references": {}}',
    'sha256:1a154d00670ee687016b747feaa0553804af70cec43362021ec96325882d9d31',
  ],
  [
    'numbers',
    '{"properties": {"f": {"default": 1.0, "maximum": 1e-05, "minimum": 1e+16, "x": 0.1, "y": -0.0001, "i": 12345678901234567890, "z": 2.5e+20, "n": -3}}}',
    'sha256:a2e945323c4a4d14ef848b82d3e3503e45f648de9e1e3fc92a5a56834870e753',
  ],
  [
    'text',
    '{"description": "caf\\u00e9 \\u2603 \\ud83d\\ude00 \\u007f \\n\\"quoted\\" \\\\ /", "properties": {"\\u00e9": 1, "z": 2, "\\ud83d\\ude00": 3, "\\ufb01": 4}}',
    'sha256:02150a0fb326b7e79100d03516b12da0224679462b28d6d997e37dc4cd296a9f',
  ],
  [
    'definitions',
    '{"properties": {"v": {"anyOf": [{"$ref": "#/definitions/Json"}, {"$ref": "#/definitions/Child"}]}}, "definitions": {"Json": {}, "Child": {"block_type_slug": "child", "properties": {"s": {"$ref": "#/definitions/Inner"}}, "secret_fields": ["s"]}, "Inner": {"enum": [1, 2]}, "Unused": {"type": "string"}}, "secret_fields": []}',
    'sha256:730a0a1e3b68bd5ff43b07bfc94dedb73460c0c3b0ae187adaa49a326355abcb',
  ],
  [
    'blocks-only',
    '{"properties": {"v": {"$ref": "#/definitions/Child"}}, "definitions": {"Child": {"block_type_slug": "child", "properties": {}}}}',
    'sha256:86fc532934312f49d8a10c6fc65a3d9a28b189e41d13a2f34b778a2cd261b6f9',
  ],
  [
    'nested-secret',
    '{"properties": {"p": {"secret_fields": ["x"], "list": [{"secret_fields": ["kept"]}]}}, "secret_fields": ["q"]}',
    'sha256:27be55629f9f52cd3d24c27d59074dd2e95d52c4eb1f11ccafe0d378e67b4a5d',
  ],
  ['empty', '{}', 'sha256:f8e6e96abbc38504d4e9c99fc57281fa0026bede1fa42db79f22f984501710f4'],
]

it.each(GENUINE)('has the checksum of a genuine client: %s', (_name, text, checksum) => {
  expect(computeSchemaChecksum(text)).toBe(checksum)
})

it.each(GENUINE)('has it also from the body of a request: %s', (_name, text, checksum) => {
  const body = `{"version": "1", "fields": ${text}, "capabilities": []}`
  expect(computeSchemaChecksum(readFieldsText(body))).toBe(checksum)
})
