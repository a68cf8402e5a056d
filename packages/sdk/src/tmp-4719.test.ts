import { exerciseSdk } from './testing/exercise-sdk.ts'

exerciseSdk('4719', async () => ({ options: { apiUrl: 'http://127.0.0.1:4719/api' }, close: async () => {} }))
