/** What an exit code of started infrastructure says. The explanation ends state messages that clients see. */
export type ExitCodeHint = { explanation: string; advice: string; level: 'info' | 'error' }

/** Negative codes are signals, as Python counts them. Source: INF 0.5. */
const HINTS: Record<number, ExitCodeHint> = {
  0: { explanation: 'Process exited cleanly.', advice: 'Nothing has to be done.', level: 'info' },
  1: {
    explanation: 'Process exited with a general error.',
    advice: "Look for an exception or a failed check in the run's logs.",
    level: 'error',
  },
  125: {
    explanation: 'Container failed to run (Docker/OCI exit code 125).',
    advice: 'Check that the image exists, that its entrypoint is right and that the container engine works.',
    level: 'error',
  },
  126: {
    explanation: 'Command found but not executable (permission denied).',
    advice: 'Give the command its executable bit and check the permissions on the way to it.',
    level: 'error',
  },
  127: {
    explanation: 'Command not found.',
    advice: 'Install the command where the run executes, or correct its name or PATH.',
    level: 'error',
  },
  137: {
    explanation: 'Process was killed, likely due to an out-of-memory (OOM) condition.',
    advice: 'Give the run more memory, or let it use less.',
    level: 'error',
  },
  143: {
    explanation: 'Process received SIGTERM via the container runtime. This is the containerized equivalent of exit code -15.',
    advice: 'If nobody cancelled it, look for an eviction, a scale-down or a stopped host.',
    level: 'info',
  },
  247: {
    explanation: 'Process was terminated due to high memory usage.',
    advice: 'Give the run more memory, or find out what uses it.',
    level: 'error',
  },
  [-9]: {
    explanation:
      'Process exited due to a SIGKILL signal. Typically caused by the operating system terminating the process for exceeding memory limits, or by manual cancellation.',
    advice: 'If nobody cancelled it, compare its memory with what the host or container allows.',
    level: 'info',
  },
  [-15]: {
    explanation: 'Process exited due to a SIGTERM signal. Typically caused by graceful shutdown or manual cancellation.',
    advice: 'If nobody cancelled it, look for what shut the host or the service down.',
    level: 'info',
  },
  3221225786: {
    explanation: 'Process was terminated due to a Ctrl+C or Ctrl+Break signal. Typically caused by manual cancellation.',
    advice: 'If somebody pressed it on purpose, nothing has to be done.',
    level: 'info',
  },
}

const OTHER: ExitCodeHint = {
  explanation: 'Process exited with an unexpected status code.',
  advice: "Look into the run's logs and those of its infrastructure.",
  level: 'error',
}

/** The hint for an exit code; a signal is its negative number. */
export function exitCodeHint(code: number): ExitCodeHint {
  return HINTS[code] ?? OTHER
}
