import { burst } from './burst.ts'
import { commandLine } from './command-line.ts'
import { dispatch } from './dispatch.ts'
import { docker } from './docker.ts'
import type { Group } from './group.ts'
import { logs } from './logs.ts'
import { memory } from './memory.ts'
import { queue } from './queue.ts'
import { render } from './render.ts'
import { runs } from './runs.ts'
import { start } from './start.ts'

/** All groups, in the order of the table. */
export const GROUPS: Group[] = [runs, logs, queue, start, memory, commandLine, dispatch, burst, render, docker]
