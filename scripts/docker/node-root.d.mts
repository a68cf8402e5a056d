/** Fills a folder with what an image for TypeScript flows has beyond busybox. */
export function makeNodeRoot(folder: string): void
