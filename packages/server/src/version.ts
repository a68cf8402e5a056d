/** Aedile's own version, one for all packages. */
export const AEDILE_VERSION = '0.1.0'

/** The release of Prefect whose behaviour this server has; genuine clients compare their major version with it. */
export const PREFECT_VERSION = '3.8.8'

/** The version of the API that this server speaks, and the least that a request may name. */
export const API_VERSION = '0.8.4'
export const LEAST_API_VERSION = '0.8.0'
