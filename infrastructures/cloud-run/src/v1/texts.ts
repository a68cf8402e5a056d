import { COMMON_TEXTS } from '../definition-texts.ts'

/** Descriptions of the variables. */
export const TEXTS = {
  ...COMMON_TEXTS,
  variables: 'Variables of jobs on Cloud Run, first API.',
  image: 'The image that the container is made of. By default that of the Prefect release which this worker equals.',
  cpu: 'CPU of the container in thousandths, in whole CPUs: 1000m is one.',
  memory: 'Memory of the container: a number and its unit, one of G, Gi, M and Mi.',
  timeout: 'Seconds after which Cloud Run ends a try of the job, 3600 (an hour) at most.',
}
