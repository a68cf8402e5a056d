
import { flow } from '@aedile/sdk'
import { z } from 'zod'
console.log('loading')
setInterval(() => {}, 1000)
export const hello = flow({ parameters: z.object({ name: z.string().default('World') }) }, async function hello({ name }) {
  return name
})
