import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Principal } from '../principal.ts'
import type { Workspace } from '../workspace.ts'

export type Action = 'read' | 'create' | 'update' | 'delete' | 'run'

export type RouteInput<Params, Query, Body> = {
  workspace: Workspace
  principal: Principal
  params: Params
  query: Query
  body: Body
  request: FastifyRequest
  reply: FastifyReply
}

/**
 * One operation of the API. Paths are relative to the API's base path, with trailing slashes as declared. A path
 * parameter whose schema fails answers 404 `{"detail":"Not Found"}`; a query or body that fails answers 422. The handler
 * returns the body of the answer; its status is 200 unless it set another by `reply.code(...)` (204 sends none).
 */
export type Route<Params = unknown, Query = unknown, Body = unknown> = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  /** One line for the API's documentation. */
  summary: string
  /** What the principal must be allowed to do. */
  resource: string
  action: Action
  params?: z.ZodType<Params>
  query?: z.ZodType<Query>
  /** Without a body schema the body is ignored. A schema that accepts undefined makes the body optional. */
  body?: z.ZodType<Body>
  /** Answers by status, for the API's documentation. */
  responses: Record<number, z.ZodType | null>
  /** Open without authentication. Only health and readiness. */
  open?: boolean
  handle(input: RouteInput<Params, Query, Body>): Promise<unknown>
}

/** Declares a route with its types inferred from the schemas. */
export function route<Params = unknown, Query = unknown, Body = unknown>(definition: Route<Params, Query, Body>): Route {
  return definition as unknown as Route
}

/**
 * A body with several parameters: a JSON null for one of them is like its absence, unknown names beside them are ignored,
 * and a missing body is an empty one. Source: WC 0.7.
 */
export function keyedBody<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess(
    (body) =>
      body === undefined || body === null
        ? {}
        : typeof body === 'object' && !Array.isArray(body)
          ? Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))
          : body,
    z.object(shape),
  )
}

/** An error with the body `{"detail": ...}`, as business rules answer. */
export class HttpError extends Error {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Record<string, string>

  constructor(status: number, body: string | Record<string, unknown>, headers: Record<string, string> = {}) {
    super(typeof body === 'string' ? body : JSON.stringify(body))
    this.name = 'HttpError'
    this.status = status
    this.body = typeof body === 'string' ? { detail: body } : body
    this.headers = headers
  }
}
