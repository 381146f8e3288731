/** The two classic string hashes of one multiplication a byte: djb2 (Bernstein's, by 33) and sdbm (by 65599). */

export function djb2(u8: Uint8Array, start: number, end: number): number {
  let hash = 5381;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 33) + (u8[at] as number)) | 0;
  return hash >>> 0;
}

export function sdbm(u8: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 65599) + (u8[at] as number)) | 0;
  return hash >>> 0;
}
