import { Process } from './class.ts'

/** The block classes of this package, for who looks them up by package. */
export const blocks = [Process]
