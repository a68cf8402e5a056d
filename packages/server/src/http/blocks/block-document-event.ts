import type { BlockDocument } from '@aedile/core/resources/block'
import type { LifecycleEvent } from '../../resource-events/lifecycle-event.ts'
import { secretFieldsOf } from './secret-fields.ts'

/** What happened to a block document, as an event; anonymous ones tell nothing. Only texts that are no secrets go into it. Source: WC 6.9. */
export function toBlockDocumentEvents(
  action: 'created' | 'updated' | 'deleted',
  document: BlockDocument | null,
): LifecycleEvent[] {
  if (!document || document.is_anonymous) return []
  const secrets = new Set(document.block_schema ? secretFieldsOf(document.block_schema.fields) : [])
  const shown = Object.entries(document.data).filter(([key, value]) => !secrets.has(key) && typeof value === 'string')
  const typeName = document.block_type_name
  return [
    {
      event: `prefect.block-document.${action}`,
      resource: {
        'prefect.resource.id': `prefect.block-document.${document.id}`,
        ...(document.name !== null && { 'prefect.resource.name': document.name }),
      },
      related: [
        {
          'prefect.resource.id': `prefect.block-type.${document.block_type_id}`,
          'prefect.resource.role': 'block-type',
          ...(typeName && { 'prefect.resource.name': typeName }),
        },
        { 'prefect.resource.id': `prefect.block-schema.${document.block_schema_id}`, 'prefect.resource.role': 'block-schema' },
      ],
      payload: {
        name: document.name,
        data: Object.fromEntries(shown),
        block_schema: document.block_schema && {
          capabilities: document.block_schema.capabilities,
          block_type: { id: document.block_type_id, name: typeName ?? '' },
        },
      },
    },
  ]
}
