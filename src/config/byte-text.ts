/**
 * Configuration text is bytes: a log format, a header value or a password may hold any of them. So the lexer keeps
 * one character per byte (latin1), and only what is shown to a person or given to the file system is decoded.
 */

/** Text of the system (arguments, environment, file names) as one character per byte of its UTF-8 form. */
export function toByteText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The reverse, for file names and messages. What is no valid UTF-8 stays as it is, read as latin1. */
export function fromByteText(text: string): string {
  if (!hasHighBytes(text)) return text;
  const decoded = Buffer.from(text, 'latin1').toString('utf8');
  return decoded.includes('\uFFFD') ? text : decoded;
}

function hasHighBytes(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return true;
  return false;
}
