import { Command, Option } from 'commander'
import { addBlockCommands } from './commands/block.ts'
import { addConfigCommands } from './commands/config.ts'
import { addDeployCommand } from './commands/deploy.ts'
import { addDeploymentCommands } from './commands/deployment.ts'
import { addDevCommand } from './commands/dev.ts'
import { addFlowCommands } from './commands/flow.ts'
import { addFlowRunCommands } from './commands/flow-run.ts'
import { addInfrastructureCommands } from './commands/infrastructure.ts'
import { addProfileCommands } from './commands/profile.ts'
import { addRenderCommand } from './commands/render.ts'
import { addServerCommands } from './commands/server.ts'
import { addVariableCommands } from './commands/variable.ts'
import { addVersionCommand } from './commands/version.ts'
import { addWorkPoolCommands } from './commands/work-pool.ts'
import { addWorkQueueCommands } from './commands/work-queue.ts'
import { addWorkerCommands } from './commands/worker.ts'

/** The whole command line. Declares names and options only: every action loads its code when it is used. */
export function buildProgram(): Command {
  const program = new Command('aedile')
    .description('Runs flows on your own infrastructure, from typed, templated work pools.')
    .helpCommand(true)
    .showHelpAfterError('(add --help for what it takes)')
    .showSuggestionAfterError(true)
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .exitOverride()
    .addOption(new Option('--json', 'write JSON for programs instead of text for people'))
    .addOption(new Option('--profile <name>', 'use this profile instead of the active one'))
    .addOption(new Option('--api-url <url>', 'the API to talk to, instead of AEDILE_API_URL'))
  for (const add of GROUPS) add(program)
  inheritExitOverride(program)
  return program
}

/** The groups in the order of the help. */
const GROUPS = [
  addDevCommand,
  addServerCommands,
  addWorkerCommands,
  addWorkPoolCommands,
  addWorkQueueCommands,
  addDeployCommand,
  addDeploymentCommands,
  addFlowCommands,
  addFlowRunCommands,
  addRenderCommand,
  addInfrastructureCommands,
  addBlockCommands,
  addVariableCommands,
  addConfigCommands,
  addProfileCommands,
  addVersionCommand,
]

function inheritExitOverride(command: Command): void {
  for (const sub of command.commands) {
    sub.exitOverride().showHelpAfterError('(add --help for what it takes)').showSuggestionAfterError(true)
    inheritExitOverride(sub)
  }
}
