import { exerciseClient } from '@aedile/core/client/testing/exercise-client'
import { describe } from 'vitest'
import { hasGenuine, startGenuineServer, title } from './genuine.ts'
import { startOurServer } from './ours.ts'

const targetOf = async (start: typeof startOurServer) => {
  const server = await start()
  return { options: { apiUrl: server.apiUrl }, close: server.stop }
}

exerciseClient('our server', () => targetOf(startOurServer))

describe.skipIf(!hasGenuine)(title('The same calls'), () => {
  exerciseClient('a genuine server', () => targetOf(startGenuineServer))
})
