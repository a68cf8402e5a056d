import { burst } from './burst.ts'
import { commandLine } from './command-line.ts'
import { dispatch } from './dispatch.ts'
import { docker } from './docker.ts'
import { events } from './events.ts'
import { firstLine } from './first-line.ts'
import { flowBurst } from './flow-burst.ts'
import type { Group } from './group.ts'
import { logs } from './logs.ts'
import { memory } from './memory.ts'
import { queue } from './queue.ts'
import { reads } from './reads.ts'
import { render } from './render.ts'
import { runs } from './runs.ts'
import { start } from './start.ts'
import { worker } from './worker.ts'

/** All groups, in the order of the table. */
export const GROUPS: Group[] = [
  runs,
  logs,
  queue,
  reads,
  events,
  start,
  memory,
  worker,
  commandLine,
  dispatch,
  firstLine,
  burst,
  flowBurst,
  render,
  docker,
]
