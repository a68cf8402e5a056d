import type { Command } from 'commander'
import { examples } from '../action.ts'

/** `aedile render`: the one command without settings, profile or server. */
export function addRenderCommand(program: Command): void {
  program
    .command('render')
    .description('render a job from a document; reads nothing but its input, so that scripts and bug reports can be repeated')
    .requiredOption('-i, --input <file>', 'the document, in JSON; - for the standard input')
    .option(
      '--jsonl',
      'one document a line, one answer a line; a line that cannot be rendered answers an error, and the others go on',
    )
    .addHelpText(
      'after',
      `${examples('render --input document.json', 'render --jsonl --input - < documents.jsonl')}
Exit code: 0 when everything was rendered, 1 when any answer is an error or has no request. The document is described in docs/rendering.md.\n`,
    )
    // Not by `lazy`: that reads the settings.
    .action(async (options: { input: string; jsonl?: boolean }) => (await import('./render/render.ts')).run(options))
}
