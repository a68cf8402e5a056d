import { Argument, type Command } from 'commander'
import { examples, lazy, repeatable } from '../action.ts'

/** `aedile infrastructure ...` */
export function addInfrastructureCommands(program: Command): void {
  const infrastructure = program
    .command('infrastructure')
    .description('run one command on an infrastructure; needs no server and no worker')
  withFields(infrastructure.command('run'))
    .description('run a command and end with its exit code')
    .option('--quiet', 'leave out the output of the command')
    .option('--grace-seconds <seconds>', 'how long it may take to end after Ctrl-C; 30 when not given')
    .addHelpText(
      'after',
      `${examples(
        'infrastructure run process -- python train.py',
        'infrastructure run docker-container --image python:3.12 --env LEVEL=debug -- python -c "print(1)"',
        'infrastructure run docker-container --block nightly',
      )}
Exit code: that of the command; 128 and the signal's number when a signal ended it; 1 when it has none or did not start.
Under --json the output of the command goes to the standard error.\n`,
    )
    .action(lazy(() => import('./infrastructure/run.ts')))
  withFields(infrastructure.command('preview'))
    .description('show what would run; nothing is run')
    .addHelpText('after', examples('infrastructure preview docker-container --image python:3.12 -- python --version'))
    .action(lazy(() => import('./infrastructure/preview.ts')))
}

function withFields(command: Command): Command {
  return command
    .addArgument(new Argument('<type>', 'the class: process, docker-container, ...'))
    .addArgument(new Argument('[command...]', 'the command, after --'))
    .option('--block <name>', 'start from the block of this name on the server')
    .option('--image <image>', 'the image of a container')
    .option('--name <name>', 'a name for what is created')
    .option('--env <NAME=VALUE>', 'a variable; may be repeated', repeatable)
    .option('--label <NAME=VALUE>', 'a label; may be repeated', repeatable)
    .option('--volume <path:path>', 'a mount of a container; may be repeated', repeatable)
    .option('--network <name>', 'a network of a container; may be repeated', repeatable)
    .option('--file <file>', 'fields of the class, in JSON')
    .option(
      '--set <field=value>',
      'a field of the class, e.g. auto_remove=true; what is no JSON is text; may be repeated',
      repeatable,
    )
}
