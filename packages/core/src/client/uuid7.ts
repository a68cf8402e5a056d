/** A version 7 UUID: it begins with the time, so ids made one after the other also sort so (by millisecond). */
export function uuid7(milliseconds: number = Date.now()): string {
  const time = Math.floor(milliseconds).toString(16).padStart(12, '0')
  // A random UUID, cached by the platform, has the variant's bits already.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`
}
