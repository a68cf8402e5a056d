import type { IncomingHttpHeaders } from 'node:http'
import { ATTEMPT_HEADER } from '@aedile/core/attempts/messages'
import { ANONYMOUS, type Principal } from '../principal.ts'

/** What orchestration knows of who proposes a state. */
export type ClientFacts = {
  principal: Principal
  /** The version in the User-Agent of a Prefect client; null when unknown. */
  clientVersion: Version | null
  /** The header X-PREFECT-API-VERSION; null (absent) counts as the newest. */
  apiVersion: Version | null
  /** The header that names the attempt the proposal belongs to. */
  attemptHeader: string | null
  /** The worker that sends the proposal, where it says so. */
  workerName: string | null
}

export type Version = readonly [major: number, minor: number, patch: number, suffix: string]

/** A proposal of the server itself. */
export const SERVER_FACTS: ClientFacts = {
  principal: ANONYMOUS,
  clientVersion: null,
  apiVersion: null,
  attemptHeader: null,
  workerName: null,
}

const USER_AGENT = /prefect\/(\d+\.\d+\.\d+[a-z0-9.+]*) \(API \S+\)/

/** Reads the facts from a request's headers. */
export function readClientFacts(headers: IncomingHttpHeaders, principal: Principal): ClientFacts {
  const agent = USER_AGENT.exec(headers['user-agent'] ?? '')
  return {
    principal,
    clientVersion: agent === null ? null : parseVersion(agent[1]!),
    apiVersion: parseVersion(single(headers['x-prefect-api-version'])),
    attemptHeader: single(headers[ATTEMPT_HEADER])?.trim().toLowerCase() || null,
    workerName: single(headers['x-prefect-worker-name']) ?? null,
  }
}

/** Reads `3.8.8` or `3.0.0rc20`; null for anything else. */
export function parseVersion(text: string | undefined): Version | null {
  const match = /^(\d+)\.(\d+)\.(\d+)([a-z0-9.+]*)$/.exec(text ?? '')
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3]), match[4]!]
}

/** True when the version is at least this one. A pre-release comes before its release. */
function isAtLeast(version: Version, major: number, minor: number, patch: number): boolean {
  const difference = version[0] - major || version[1] - minor || version[2] - patch
  return difference > 0 || (difference === 0 && !/^(a|b|rc|\.?dev)/.test(version[3]))
}

/** Clients from 3.4.11 on renew the leases of deployment slots; an unknown version counts as old. Source: WC 3.9. */
export function renewsLeases(version: Version | null): boolean {
  return version !== null && isAtLeast(version, 3, 4, 11)
}

/** Pauses exist in the API from 0.8.4 on. */
export function knowsPauses(apiVersion: Version | null): boolean {
  return apiVersion === null || isAtLeast(apiVersion, 0, 8, 4)
}

/** From 0.8.3 on a client runs the failed tasks of a retried flow again by itself. */
export function triesTasksAgain(apiVersion: Version | null): boolean {
  return apiVersion === null || isAtLeast(apiVersion, 0, 8, 3)
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)
