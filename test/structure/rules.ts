// The layers of the program and what they may import. Imports point downwards only; the picture is in
// docs/architecture.md. It knows names of files, not the file system.

import { posix } from 'node:path';
import type { ImportedModule } from './imports.ts';

/** From the top down. Layers of one row are siblings: they do not know each other. */
const ROWS: readonly (readonly string[])[] = [
  ['cli'],
  ['features'],
  // vrrp stands beside features, control and proxy alike; see BESIDE.
  ['control', 'proxy', 'vrrp'],
  ['rules'],
  ['expr'],
  ['config'],
  ['state'],
  ['protocol'],
  ['transport'],
  ['loop'],
  ['os'],
];

/** Siblings that the rows alone do not show. */
const BESIDE: readonly (readonly [string, string])[] = [['features', 'vrrp']];

/** The typed configuration is data that every layer may name: types only, and only from the files that hold nothing else. */
const DATA_TYPES = new Set(['config/model.ts', 'config/address.ts']);

/** Single files that a lower layer may import, because they are a vocabulary and not a codec. */
const VOCABULARY: readonly { readonly file: string; readonly importedBy: string }[] = [
  { file: 'protocol/socket-address.ts', importedBy: 'transport' },
];

/** Only these work with addresses of memory; everything above has offsets into the arena. */
const ADDRESS_LAYERS = new Set(['os', 'loop', 'transport']);
const SYSTEM_CALLS = 'os/libc.ts';
const ARENA = 'os/arena.ts';
const ARENA_ADDRESS = 'base';

/** Pure layers compute: nothing below them, and of Node only what does no input or output. */
const PURE_LAYER = 'protocol';
const PURE_NODE_MODULES = new Set(['node:assert', 'node:buffer', 'node:crypto']);

export interface Violation {
  readonly file: string;
  readonly line: number;
  /** What was imported: a path from src/ or a package. */
  readonly imported: string;
  readonly rule: string;
}

function layerOf(file: string): string {
  return file.split('/')[0] ?? '';
}

function rankOf(layer: string): number {
  return ROWS.findIndex((row) => row.includes(layer));
}

/** Why this file's place is wrong, or undefined. */
export function misplacement(file: string): string | undefined {
  if (rankOf(layerOf(file)) >= 0) return undefined;
  return `src/${layerOf(file)} is no layer: ${ROWS.flat().join(', ')}`;
}

/** `file` is a path from src/. */
export function violationOf(file: string, each: ImportedModule): Violation | undefined {
  const { specifier } = each;
  const relative = specifier.startsWith('.');
  const imported = relative ? posix.join(posix.dirname(file), specifier) : specifier;
  const rule = relative ? localRule(file, imported, each) : packageRule(file, imported);
  return rule === undefined ? undefined : { file, line: each.line, imported, rule };
}

function packageRule(file: string, imported: string): string | undefined {
  const layer = layerOf(file);
  if (imported === 'koffi' || imported.startsWith('koffi/'))
    return layer === 'os' ? undefined : 'only os/ may import koffi';
  if (layer === PURE_LAYER && !PURE_NODE_MODULES.has(imported))
    return `${PURE_LAYER}/ is pure: of Node only ${[...PURE_NODE_MODULES].join(', ')}`;
  return undefined;
}

function localRule(file: string, imported: string, { typesOnly, names }: ImportedModule): string | undefined {
  const layer = layerOf(file);
  const target = layerOf(imported);
  if (imported.startsWith('..')) return 'the program imports nothing outside src/';
  if (target === layer) return undefined;
  if (rankOf(target) < 0) return misplacement(imported);
  if (typesOnly && DATA_TYPES.has(imported)) return undefined;
  if (VOCABULARY.some((each) => each.file === imported && each.importedBy === layer)) return undefined;
  const beside = BESIDE.some((pair) => pair.includes(layer) && pair.includes(target));
  if (beside || rankOf(target) === rankOf(layer))
    return `${layer}/ and ${target}/ are siblings and do not meet`;
  if (rankOf(target) < rankOf(layer)) return upwardsRule(layer, target, imported);
  if (layer === PURE_LAYER) return `${layer}/ is pure: it imports no other layer`;
  if (!ADDRESS_LAYERS.has(layer)) {
    if (imported === SYSTEM_CALLS) return `only ${[...ADDRESS_LAYERS].join(', ')} make system calls`;
    if (imported === ARENA && (names.includes(ARENA_ADDRESS) || names.length === 0))
      return `the arena's address stays in ${[...ADDRESS_LAYERS].join(', ')}: above them there are offsets`;
  }
  return undefined;
}

function upwardsRule(layer: string, target: string, imported: string): string {
  if (DATA_TYPES.has(imported)) return `${layer}/ may import types from ${imported}, but nothing that runs`;
  return `${layer}/ lies below ${target}/: imports point downwards`;
}
