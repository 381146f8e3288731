/** A set of bytes, from the characters of an argument: delimiters, characters to be trimmed. */
export function byteSet(text: string): Uint8Array {
  const set = new Uint8Array(256);
  for (let i = 0; i < text.length; i++) set[text.charCodeAt(i) & 0xff] = 1;
  return set;
}
