import { ERRORS } from '@aedile/core/errors'
import { describeSettings } from '@aedile/core/settings/describe'
import { EXIT_CODES } from '../packages/cli/src/failure.ts'
import { buildProgram } from '../packages/cli/src/program.ts'
import { SETTING_GROUPS } from '../packages/cli/src/setting-groups.ts'

type Command = ReturnType<typeof buildProgram>

const NOTE = '<!-- Written by `npm run docs`. Change the code, not this page. -->\n'

/** The pages of docs/ that are made from the code, by file name. */
export function generatedPages(): Record<string, string> {
  return { 'cli.md': cliPage(), 'settings.md': settingsPage(), 'errors.md': errorsPage() }
}

function cliPage(): string {
  const program = buildProgram()
  const commands = leaves(program, [])
  const overview = commands.map(
    ({ path, command }) => `| [\`aedile ${path}\`](#${anchor(path)}) | ${cell(command.description())} |`,
  )
  const sections = commands.map(({ path, command }) => commandSection(path, command))
  const exits = Object.values(EXIT_CODES).map(({ code, meaning }) => `| ${code} | ${meaning} |`)
  const globals = program.options.map((option) => `| \`${option.flags}\` | ${cell(option.description)} |`)
  return `# Command line
${NOTE}
Every command takes these, before or after its own options:

| option | meaning |
| --- | --- |
${globals.join('\n')}

| command | what it does |
| --- | --- |
${overview.join('\n')}

## Exit codes
| code | meaning |
| --- | --- |
${exits.join('\n')}

${sections.join('\n')}`
}

function leaves(command: Command, path: string[]): { path: string; command: Command }[] {
  return command.commands.flatMap((sub) => {
    const name = [...path, sub.name()]
    return sub.commands.length > 0 ? leaves(sub, name) : [{ path: name.join(' '), command: sub }]
  })
}

function commandSection(path: string, command: Command): string {
  const usage = [
    'aedile',
    path,
    ...command.registeredArguments.map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`)),
  ]
  const options = command.options.map(
    (option) => `| \`${cell(option.flags)}\` | ${cell(option.description)}${option.mandatory ? ' (required)' : ''} |`,
  )
  const table = options.length > 0 ? `\n| option | meaning |\n| --- | --- |\n${options.join('\n')}\n` : ''
  return `## ${path}\n${sentence(command.description())}\n\n\`${usage.join(' ')}\`\n${table}`
}

function settingsPage(): string {
  const groups = Object.entries(SETTING_GROUPS).map(([heading, group]) => {
    const rows = describeSettings([group]).map(
      ({ name, fallback, default: preset, description }) =>
        `| \`${name}\` | ${fallback ? `\`${fallback}\`` : ''} | ${preset ? `\`${cell(preset)}\`` : ''} | ${cell(description)} |`,
    )
    return `## ${heading}\n| setting | read if that is not set | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return `# Settings
${NOTE}
The stronger first: \`AEDILE_*\` in the environment, \`PREFECT_*\` in the environment, \`AEDILE_*\` in the profile, \`PREFECT_*\` in the
profile, the default. \`aedile config view\` shows what holds and where it came from. An unknown \`AEDILE_*\` setting is an error.

${groups.join('\n')}`
}

function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { message, status, retryable }]) => `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${cell(message)} |`,
  )
  return `# Errors
${NOTE}
Answers of the server carry \`x-request-id\`; its log has the same id. "Again" says whether the same request may succeed later.

| code | status | again | message |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

function sentence(text: string): string {
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;')
}

function anchor(path: string): string {
  return path.replaceAll(' ', '-')
}
