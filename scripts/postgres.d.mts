/** The folder of the newest installed Postgres programs, or null. */
export function findPostgres(): string | null

/** Starts a cluster. Returns its URL and a function that stops it and deletes its files. Only a durable one waits for the disk. */
export function startPostgres(options?: { durable?: boolean }): Promise<{ url: string; pid: number; port: number; stop: () => void }>
