/** How a command on an infrastructure ended. */
export class InfrastructureResult {
  /** The id of what ran, as text: a pid, a container's id. */
  readonly identifier: string
  /** The exit code of the command; -1 when it has none, and the negative number of the signal that ended a process. */
  readonly statusCode: number

  constructor(identifier: string, statusCode: number) {
    this.identifier = identifier
    this.statusCode = statusCode
  }

  /** True exactly when the status code is 0. */
  get ok(): boolean {
    return this.statusCode === 0
  }
}
