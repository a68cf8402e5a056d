import { CliFailure, EXIT_CODES } from '../failure.ts'

/** Asks before something is deleted. Without a terminal, `--yes` is needed. */
export async function confirmDeletion(yes: boolean | undefined, question: string): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY) throw new CliFailure(`${question} Say --yes to confirm.`, EXIT_CODES.usage.code)
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: question, initialValue: false })
  if (isCancel(answer) || !answer) throw new CliFailure('Nothing was deleted.', EXIT_CODES.failed.code)
}
