import type { Workspace } from '../workspace.ts'
import { AttemptWatcher } from './attempt-watcher.ts'
import { CancellationCleaner } from './cancellation-cleaner.ts'
import { LateRunMarker } from './late-run-marker.ts'
import { LeaseRepossessor } from './lease-repossessor.ts'
import { OutboxReader } from './outbox-reader.ts'
import { PauseExpirer } from './pause-expirer.ts'
import { RecentDeploymentScheduler } from './recent-deployment-scheduler.ts'
import { RetentionKeeper } from './retention-keeper.ts'
import { Scheduler } from './scheduler.ts'
import type { Service } from './service.ts'
import { SlotWaker } from './slot-waker.ts'
import { StatusKeeper } from './status-keeper.ts'
import { TaskRunRecorder } from './task-run-recorder.ts'

/** Every service of a work space. */
export function buildServices(workspace: Workspace): Service[] {
  const { settings } = workspace
  return [
    new OutboxReader(workspace),
    new TaskRunRecorder(workspace),
    new Scheduler(workspace),
    new RecentDeploymentScheduler(workspace),
    atInterval(settings.lateRunsIntervalSeconds, new LateRunMarker(workspace)),
    atInterval(settings.pauseExpirationIntervalSeconds, new PauseExpirer(workspace)),
    atInterval(settings.cancellationIntervalSeconds, new CancellationCleaner(workspace)),
    new LeaseRepossessor(workspace),
    new SlotWaker(workspace),
    new StatusKeeper(workspace),
    atInterval(settings.attemptsIntervalSeconds, new AttemptWatcher(workspace)),
    new RetentionKeeper(workspace),
  ]
}

function atInterval(intervalSeconds: number, service: Service): Service {
  const { name, wakeOn } = service
  return { name, wakeOn, intervalSeconds, runOnce: (signal) => service.runOnce(signal) }
}
