/**
 * The one catalogue of errors: code, message template, HTTP status, retryable. docs/errors.md is generated from it. A
 * message says what was expected, what came and what to do. `{name}` is filled from the error's details.
 */
export const ERRORS = {
  request_invalid: { message: 'Invalid request received.', status: 422, retryable: false },
  unauthorized: { message: 'Unauthorized', status: 401, retryable: false },
  limit_invalid: { message: 'Invalid limit: must be {bound}.', status: 422, retryable: false },
  not_found: { message: '{what} not found', status: 404, retryable: false },
  conflict: { message: '{what}', status: 409, retryable: false },
  body_too_large: {
    message: 'The request body has more than {limitBytes} bytes. Send it in smaller parts.',
    status: 413,
    retryable: false,
  },
  query_too_large: {
    message: 'The filter has more parts than the database can take: {reason}. Ask for fewer values at once.',
    status: 422,
    retryable: false,
  },
  text_unstorable: {
    message: 'A text contains the character NUL (\\u0000), which the database cannot store. Leave it out.',
    status: 422,
    retryable: false,
  },
  server_busy: { message: 'Service Unavailable', status: 503, retryable: true },
  internal: { message: 'Internal Server Error', status: 500, retryable: false },

  infrastructure_not_found: {
    message: 'Nothing named {name} exists on {target}: it ended or was removed.',
    status: 404,
    retryable: false,
  },
  infrastructure_not_available: {
    message: '{name} belongs to {target}, which cannot be reached from {here}.',
    status: 409,
    retryable: false,
  },
  infrastructure_failed: { message: '{what}', status: 500, retryable: false },
  infrastructure_unreachable: { message: '{what}', status: 503, retryable: true },
  infrastructure_without_driver: {
    message:
      'The type {type} can be rendered, but not be run by this version: {package} has no driver yet. Pools of this type can be served by a genuine worker.',
    status: 422,
    retryable: false,
  },
  block_invalid: { message: '{what}', status: 422, retryable: false },
  infrastructure_type_unknown: {
    message:
      'There is no infrastructure of type {type}. Known types: {known}. Install its package or name it in AEDILE_INFRASTRUCTURES.',
    status: 422,
    retryable: false,
  },

  infrastructure_package_invalid: {
    message: 'AEDILE_INFRASTRUCTURES names {name}, which {why}. Install it, or take it out of the setting.',
    status: 422,
    retryable: false,
  },

  api_unreachable: {
    message: 'The API at {url} cannot be reached: {reason}. Check that the server is running and that AEDILE_API_URL names it.',
    status: 503,
    retryable: true,
  },
  api_timeout: { message: '{method} {url} was not answered within {seconds} s.', status: 504, retryable: true },
  api_busy: { message: '{method} {url} was refused for now with {status}: {detail}', status: 503, retryable: true },
  api_error: { message: '{method} {url} was answered with {status}: {detail}', status: 502, retryable: false },
  api_invalid: { message: '{method} {url} was refused as invalid: {detail}', status: 422, retryable: false },
  api_not_found: { message: '{method} {url} found nothing: {detail}', status: 404, retryable: false },
  api_conflict: { message: '{method} {url} was refused as a conflict: {detail}', status: 409, retryable: false },
  api_forbidden: { message: '{method} {url} is forbidden: {detail}', status: 403, retryable: false },
  api_unauthorized: {
    message: 'The API at {url} refused the credentials: {detail}. Check AEDILE_API_KEY or AEDILE_API_AUTH_STRING.',
    status: 401,
    retryable: false,
  },
  api_answer_unreadable: {
    message: '{method} {url} was answered with something unexpected: {detail}',
    status: 502,
    retryable: false,
  },

  template_invalid: { message: 'The template is not valid at {pointer}: {why}.', status: 422, retryable: false },
  template_block_not_found: {
    message: 'The template names block {block}, which does not exist. Create it, or change the template.',
    status: 404,
    retryable: false,
  },
  render_input_invalid: {
    message: 'The document is not valid at {pointer}: expected {expected}, found {found}.',
    status: 422,
    retryable: false,
  },
  job_variable_invalid: { message: 'Job variable {pointer} is not valid: {why}.', status: 422, retryable: false },
  job_variables_refused: {
    message: 'The work pool {pool} does not take these job variables: {why}',
    status: 422,
    retryable: false,
  },
  hydration_failed: { message: '{reason}', status: 422, retryable: false },
  schema_invalid: { message: 'Invalid schema: {why}', status: 422, retryable: false },
  command_malformed: { message: 'The command {command} cannot be split into words: {why}.', status: 422, retryable: false },
  setting_unknown: { message: 'There is no setting {name} ({where}).{hint}', status: 422, retryable: false },
  setting_invalid: { message: 'Setting {name} ({where}) is not valid: {why}.', status: 422, retryable: false },
  profile_not_found: { message: 'There is no profile {name}.{hint}', status: 404, retryable: false },
  profile_exists: { message: 'A profile {name} exists already. Choose another name.', status: 409, retryable: false },
  profile_in_use: { message: 'Profile {name} is in use. Use another one first.', status: 409, retryable: false },
  profiles_unreadable: { message: 'The profiles in {path} cannot be read: {why}.', status: 422, retryable: false },

  database_url_invalid: {
    message:
      'The database is given as {given}. Expected postgres://user:password@host/name, sqlite:///absolute/path or the path of a file.',
    status: 422,
    retryable: false,
  },
  database_newer: {
    message:
      'The database {database} was made by a newer version: its schema is {found}, this version knows up to {known}. Use that version or another database.',
    status: 500,
    retryable: false,
  },
  database_older: {
    message: 'The database {database} has schema {found}, this version needs {known}. Run `aedile server database upgrade`.',
    status: 500,
    retryable: false,
  },
  database_foreign: {
    message: '{database} is not a database of Aedile: {found}. Name another file or database.',
    status: 500,
    retryable: false,
  },
  database_locked: {
    message:
      'The database {database} is locked by another process, for longer than {seconds} s. Stop that process or wait for it.',
    status: 503,
    retryable: true,
  },
  database_readonly: {
    message: 'The database {database} cannot be written: {reason}. Check its owner, its permissions and those of its folder.',
    status: 500,
    retryable: false,
  },
  database_full: {
    message: 'The database {database} cannot grow: the disk is full or its limit is reached. Nothing was stored; make room.',
    status: 507,
    retryable: false,
  },
  database_corrupt: {
    message: 'The database {database} is damaged: {reason}. Stop the server and restore a backup.',
    status: 500,
    retryable: false,
  },
  database_unreachable: {
    message: 'The database {database} cannot be reached: {reason}. Check the address and that it runs.',
    status: 503,
    retryable: true,
  },
  backup_refused: { message: 'No backup was made of {database}: {reason}.', status: 409, retryable: false },
  ciphertext_refused: {
    message: 'A stored secret cannot be decrypted: {reason}.',
    status: 500,
    retryable: false,
  },
  encryption_key_invalid: {
    message: 'The encryption key from {source} is not usable: {reason}.',
    status: 500,
    retryable: false,
  },

  worker_name_invalid: {
    message: "The worker's name is {name}. It must not contain '/' or '%'.",
    status: 422,
    retryable: false,
  },
  worker_type_mismatch: {
    message:
      'Work pool {pool} is of type {poolType}, this worker is of type {type}. Start it with --type {poolType}, or for another pool.',
    status: 409,
    retryable: false,
  },
  work_pool_missing: {
    message: 'There is no work pool {pool}. Create it: aedile work-pool create {pool} --type {type}',
    status: 404,
    retryable: false,
  },
  flow_unnamed: {
    message: 'A {kind} needs a name: give `name`, or a function that has one.',
    status: 422,
    retryable: false,
  },
  flow_parameters_invalid: { message: 'The parameters of {flow} do not fit: {detail}', status: 422, retryable: false },
  flow_called_while_loading: {
    message:
      'The file of {flow} was loaded to run one of its flows, but {call} at its top level. Guard that call: if (isMain(import.meta)) ...',
    status: 422,
    retryable: false,
  },
  flow_run_cancelled: { message: 'Flow run was cancelled.', status: 409, retryable: false },
  flow_run_interrupted: { message: 'The process of the run was ended by {signal}.', status: 500, retryable: false },
  flow_run_aborted: { message: 'The server stopped the run {run}: {reason}', status: 409, retryable: false },
  flow_run_paused: { message: 'The run {run} is paused: {reason}', status: 409, retryable: false },
  flow_run_ended: { message: 'The run {run} has already ended as {state}.', status: 409, retryable: false },
  run_timed_out: { message: '{what} exceeded timeout of {seconds} second(s)', status: 504, retryable: false },
  result_missing: { message: 'The result {key} is not in {folder}.', status: 404, retryable: false },
  entrypoint_invalid: {
    message: 'The entrypoint is {entrypoint}; expected a file and a flow, such as flows/report.ts:report.',
    status: 422,
    retryable: false,
  },
  flow_file_missing: { message: 'The flow file {file} does not exist (working directory {cwd}).', status: 404, retryable: false },
  flow_file_broken: { message: 'The flow file cannot be loaded: {place}: {reason}', status: 422, retryable: false },
  flow_not_in_file: { message: '{file} has no flow named {name}. Flows found there: {found}.', status: 404, retryable: false },
  pull_step_unknown: { message: 'There is no pull step {step}. Known ones: {known}.', status: 422, retryable: false },
  pull_step_failed: { message: 'Encountered error while running {step}: {reason}', status: 500, retryable: false },
  api_url_missing: {
    message: '{what} needs a server: set AEDILE_API_URL (or PREFECT_API_URL), such as http://127.0.0.1:4200/api.',
    status: 422,
    retryable: false,
  },
  image_unsupported: {
    message: 'Building an image needs the package {package}. Install it: npm install {package}. Or leave `image` out.',
    status: 422,
    retryable: false,
  },
  image_pool_unsuited: {
    message: 'The work pool {pool} ({type}) takes no image: its template has no variable named image.',
    status: 422,
    retryable: false,
  },
  image_name_invalid: { message: 'An image cannot be named {name}: {why}.', status: 422, retryable: false },
  image_option_invalid: { message: 'The image cannot be built so: {why}', status: 422, retryable: false },
  dockerfile_missing: {
    message: 'There is no Dockerfile {path}. Name another, or leave it out to have one made.',
    status: 404,
    retryable: false,
  },
  image_build_failed: { message: 'The image {image} could not be built: {why}{output}', status: 500, retryable: false },
  image_push_failed: { message: 'The image {image} could not be pushed: {why}', status: 502, retryable: false },
  registry_refused: { message: 'The registry {registry} refused {user}: {why}. {advice}', status: 403, retryable: false },
  registry_unreachable: {
    message: 'The registry {registry} cannot be reached by the engine: {why}.{advice}',
    status: 503,
    retryable: true,
  },

  port_taken: {
    message: '{host}:{port} is taken{holder}. Stop it, or choose another port with AEDILE_SERVER_PORT.',
    status: 409,
    retryable: false,
  },
  listen_refused: {
    message:
      '{host} can be reached from other machines, and no authentication is set: set AEDILE_SERVER_AUTH_STRING, or allow it with AEDILE_SERVER_INSECURE=true.',
    status: 422,
    retryable: false,
  },

  attempt_refused: { message: '{reason}', status: 409, retryable: false },
} as const satisfies Record<string, { message: string; status: number; retryable: boolean }>

export type ErrorCode = keyof typeof ERRORS

/** An error from the catalogue. `details` fill the message and go to the client with it. */
export class AedileError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, details: Record<string, unknown> = {}, options?: { cause?: unknown }) {
    super(fillMessage(ERRORS[code].message, details), options)
    this.name = 'AedileError'
    this.code = code
    this.details = details
  }

  /** By name: a flow file or an infrastructure may have loaded another copy of this package than the process it is in. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'AedileError' && 'code' in value
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable
  }
}

/** True for an AedileError, optionally of one code. */
export function isAedileError(error: unknown, code?: ErrorCode): error is AedileError {
  return error instanceof AedileError && (code === undefined || error.code === code)
}

function fillMessage(template: string, details: Record<string, unknown>): string {
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => (key in details ? String(details[key]) : whole))
}
