import type { Command } from 'commander'
import { examples, lazy, repeatable } from '../action.ts'

/** `aedile block ...` */
export function addBlockCommands(program: Command): void {
  const block = program.command('block').description('typed configurations that the server keeps, secrets encrypted')
  block
    .command('create <type>')
    .description('save a block; the type of an installed class is registered before')
    .requiredOption('--name <name>', 'the name of the block')
    .option('--file <file>', 'its fields, in JSON')
    .option('--set <field=value>', 'a field; what is no JSON is text; may be repeated', repeatable)
    .option('--overwrite', 'replace the block if it exists')
    .addHelpText(
      'after',
      examples(
        'block create docker-registry --name ours --set username=ci --set registry_url=registry.example:5000 --file secret.json',
        'block create docker-container --name nightly --set image=registry.example:5000/app:1 --set image_registry=ours',
      ),
    )
    .action(lazy(() => import('./block/create.ts')))
  block
    .command('ls')
    .description('list the blocks')
    .option('--type <type>', 'only those of this type')
    .action(lazy(() => import('./block/ls.ts')))
  block
    .command('inspect <block>')
    .description('show a block, given as type/name or by id; secrets are masked')
    .action(lazy(() => import('./block/inspect.ts')))
  block
    .command('delete <block>')
    .description('delete a block, given as type/name or by id')
    .option('-y, --yes', 'do not ask')
    .action(lazy(() => import('./block/delete.ts')))
}
