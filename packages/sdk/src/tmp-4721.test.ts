import { exerciseSdk } from './testing/exercise-sdk.ts'

exerciseSdk('4721', async () => ({ options: { apiUrl: 'http://127.0.0.1:4721/api' }, close: async () => {} }))
