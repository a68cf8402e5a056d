import { DockerContainer } from './class.ts'
import { DockerRegistry } from './registry.ts'

/** The block classes of this package, for who looks them up by package. */
export const blocks = [DockerContainer, DockerRegistry]
