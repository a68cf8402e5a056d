import type { Workspace } from '../workspace.ts'
import { RetentionKeeper } from './retention-keeper.ts'
import type { Service } from './service.ts'

/** Every service of a work space. */
export function buildServices(workspace: Workspace): Service[] {
  return [new RetentionKeeper(workspace)]
}
