import type { Command } from 'commander'
import { examples, lazy, repeatable } from '../action.ts'

/** `aedile deploy` */
export function addDeployCommand(program: Command): void {
  program
    .command('deploy [entrypoint]')
    .description('make deployments: of a flow in a file, of a plain command, or of what aedile.yaml or prefect.yaml describes')
    .option(
      '-n, --name <name>',
      'the name; with a file, which of its deployments (name, flow/name, with *); may be repeated',
      repeatable,
    )
    .option('-p, --pool <name>', 'the work pool that runs it')
    .option('-q, --work-queue <name>', "the queue of the pool; the pool's default otherwise")
    .option('--flow <name>', 'the name of the flow, for a plain command or code that cannot be read here')
    .option('--all', 'all deployments of the file')
    .option('--prefect-file <path>', 'the file that describes deployments')
    .option('--param <assignment>', 'a default parameter, as NAME=JSON; may be repeated', repeatable)
    .option('--params <json>', 'the default parameters as one JSON object')
    .option('--job-variable <assignment>', "a value for the pool's template, as NAME=VALUE or JSON; may be repeated", repeatable)
    .option('--allow-unknown-variables', 'only warn of job variables that the pool does not know')
    .option('--cron <expression>', 'run it by a cron expression; may be repeated', repeatable)
    .option('--interval <duration>', 'run it every so many seconds, or ISO 8601; may be repeated', repeatable)
    .option('--rrule <rule>', 'run it by an RFC 5545 recurrence; may be repeated', repeatable)
    .option('--anchor-date <time>', 'where intervals begin')
    .option('--timezone <zone>', 'the zone of the schedules, e.g. Europe/Rome')
    .option('-t, --tag <tag>', 'a tag of the deployment and its runs; may be repeated', repeatable)
    .option('-d, --description <text>', "what it is for; the flow's own description otherwise")
    .option('--version <text>', "its version; the flow's own otherwise")
    .option('--concurrency-limit <number>', 'at most so many runs at once')
    .option('--collision-strategy <strategy>', 'beyond the limit: enqueue or cancel-new')
    .option('--paused', 'create no runs by schedule until it is resumed')
    .option('--no-enforce-parameter-schema', 'take runs with any parameters')
    .option('--image <name>', 'build an image of this folder, push it, and run in it: REGISTRY/NAME[:TAG]')
    .option(
      '--dockerfile <path>',
      'how the image is built; the Dockerfile of the folder otherwise, else (or by "auto") one is made',
    )
    .option('--base-image <name>', 'what a made Dockerfile starts from')
    .option('--platform <platform>', 'what the image is built for, e.g. linux/arm64')
    .option('--build-arg <assignment>', 'an argument of the Dockerfile, as NAME=VALUE; may be repeated', repeatable)
    .option('--registry-credentials <block>', "a docker-registry-credentials block to push with; Docker's own logins otherwise")
    .option('--no-push', 'keep the image on the engine that built it')
    .option('--no-pull', 'take base images as the engine has them')
    .addHelpText(
      'after',
      examples(
        'deploy hello.ts:hello --name local --pool local',
        'deploy hello.ts:hello --name morning --pool local --cron "0 6 * * 1-5" --timezone Europe/Rome',
        'deploy --flow backup --name nightly --pool local --job-variable command="sh backup.sh"',
        'deploy hello.ts:hello --name boxed --pool docker --image registry.example.com/team/hello',
        'deploy --all',
        "deploy --name 'report/*'",
      ),
    )
    .action(lazy(() => import('./deploy/deploy.ts')))
}
