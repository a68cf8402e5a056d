/** Who asks. Orchestration and store take it as an argument; `created_by`, `updated_by` and the audit trail come from it. */
export type Principal = {
  id: string
  kind: 'anonymous' | 'auth-string'
  displayName: string
  scopes: readonly string[]
}

export const ANONYMOUS: Principal = { id: 'anonymous', kind: 'anonymous', displayName: 'anonymous', scopes: ['*'] }
export const AUTH_STRING: Principal = { id: 'auth-string', kind: 'auth-string', displayName: 'auth string', scopes: ['*'] }
