const RUN_LOG_LINE = /^\d\d:\d\d:\d\d\.\d{3} \| [A-Z]+ +\| (?:Flow|Task) run '.*' - /

/**
 * True for a line in which an engine shows a log line of its run on the console. The engine sends the same line to the run's
 * logs itself, so as output it would stand there twice. What else a flow prints is kept. The format is a genuine engine's.
 */
export function isEngineLogLine(text: string): boolean {
  return RUN_LOG_LINE.test(text)
}
