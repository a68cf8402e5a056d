/** What stands for the attempt key where no attempt exists yet. */
export const PREVIEW_ATTEMPT = '<attempt>'

/** What stands for the server's id where none is known. */
export const PREVIEW_SERVER = '<server>'

/** What stands for the target's id where no target was asked. */
export const PREVIEW_TARGET = '<target>'
