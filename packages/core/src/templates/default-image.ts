import { PREFECT_VERSION } from './prepare.ts'

/** The Python of the image: a genuine worker takes its own, and this is the one that ours equal. */
const PYTHON_VERSION = '3.11'

/** The image that a genuine worker runs a flow in when its job names none. */
export const DEFAULT_IMAGE = `prefecthq/prefect:${PREFECT_VERSION}-python${PYTHON_VERSION}`
