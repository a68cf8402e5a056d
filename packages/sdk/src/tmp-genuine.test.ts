import { exerciseSdk } from './testing/exercise-sdk.ts'

exerciseSdk('genuine', async () => ({ options: { apiUrl: 'http://127.0.0.1:4719/api' }, close: async () => {} }))
