/** What the environment of the image has to say, so that Python and its packages are found. */
export const PYTHON_ENVIRONMENT: Readonly<Record<'PATH' | 'PYTHONPATH', string>>
/** Fills a folder with what an image for Python flows has beyond busybox, from an environment that has Prefect in it. */
export function makePythonRoot(folder: string, environment: string): void
