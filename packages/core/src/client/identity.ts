/** The version of the API that our clients speak. Source: Prefect 3.8.8, client/constants.py. */
export const API_VERSION = '0.8.4'

/**
 * The name that our clients give. A genuine server reads it with `^prefect/x.y.z[a-z.+0-9]* \(API \S+\)$` and takes a
 * client it cannot read for a very old one, whose concurrency leases it revokes; so we are a local build of 3.8.8.
 */
export const USER_AGENT = `prefect/3.8.8+aedile.0.1.0 (API ${API_VERSION})`
