/**
 * One large piece of memory per thread. Every buffer that a system call touches is an offset into it, so reading,
 * parsing and sending neither allocate nor copy into Buffer objects. The address of the piece stays inside os/, loop/
 * and transport/ (as `base`); everything above works with offsets into `u8`.
 * Pages cost nothing until they are touched. Reserved once, never returned; parts are handed out for good by `reserve`
 * (fixed structures, the buffer pool).
 */
import { getEnvironmentData } from 'node:worker_threads';
import { ARENA_SIZE_KEY } from './arena-size.ts';
import { MAP_32BIT, MAP_ANONYMOUS, MAP_NORESERVE, MAP_PRIVATE, PROT_READ, PROT_WRITE } from './constants.ts';
import { mmap, viewMemory } from './libc.ts';

const CONTROL_PLANE_BYTES = 1 << 20;

function mapArena(sizeBytes: number): number {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  let address = -1;
  if (process.arch === 'x64') address = mmap(0, sizeBytes, PROT_READ | PROT_WRITE, flags | MAP_32BIT, -1, 0);
  if (address <= 0) address = mmap(0, sizeBytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (address <= 0) throw new Error(`cannot reserve ${sizeBytes} bytes of address space`);
  return address;
}

const configured: unknown = getEnvironmentData(ARENA_SIZE_KEY);
export const arenaBytes = typeof configured === 'number' ? configured : CONTROL_PLANE_BYTES;
/** Address of the arena's first byte: for system calls only. */
export const base = mapArena(arenaBytes);
const memory = viewMemory(base, arenaBytes);
export const u8 = new Uint8Array(memory);
export const view = new DataView(memory);
/** The same bytes as a Buffer, for its native latin1 and utf8 writers. */
export const bytes = Buffer.from(memory);

let used = 64;

/** Hands out part of the arena for the life of the thread. Offset is a multiple of `align`. */
export function reserve(sizeBytes: number, align = 64): number {
  const offset = Math.ceil(used / align) * align;
  if (offset + sizeBytes > arenaBytes) throw new Error('arena exhausted by fixed structures');
  used = offset + sizeBytes;
  return offset;
}

/** What is left behind all reservations: taken whole by the buffer pool. */
export function reserveRest(align: number): { offset: number; sizeBytes: number } {
  const offset = Math.ceil(used / align) * align;
  used = arenaBytes;
  return { offset, sizeBytes: arenaBytes - offset };
}

/** A latin1 string of part of the arena. */
export function latin1(start: number, end: number): string {
  return bytes.toString('latin1', start, end);
}
