/** Encrypts secrets at rest. Every ciphertext names its key. */
export interface Encryption {
  encrypt(text: string): string
  /** @throws when the key is not known or the text was changed. */
  decrypt(ciphertext: string): string
}
