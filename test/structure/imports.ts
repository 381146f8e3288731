// Reads the imports of a source file: what it imports, from which line, and whether only types. It does not judge them
// (rules.ts does). A reader of its own, because the compiler gives no syntax tree to JavaScript and the language's
// import forms are few: `import … from`, `export … from`, `import '…'`, `import('…')`.

export interface ImportedModule {
  readonly specifier: string;
  /** From 1. */
  readonly line: number;
  readonly typesOnly: boolean;
  /** Names in braces, as the exporting module calls them; empty for other forms. */
  readonly names: readonly string[];
}

// Statements begin a line. Anything that only looks like one (in a comment, in a template) is counted: a false alarm is
// heard, a missed import is not.
const STATEMENT =
  /^[ \t]*(?:import|export)\b(?<bindings>[^'"`;()=]*?)\bfrom\s*(?<from>'[^'\n]*'|"[^"\n]*")|\bimport\s*\(?\s*(?<bare>'[^'\n]*'|"[^"\n]*")/gm;

export function importsOf(source: string): ImportedModule[] {
  const found: ImportedModule[] = [];
  for (const match of source.matchAll(STATEMENT)) {
    const { bindings, from, bare } = match.groups ?? {};
    const quoted = from ?? bare;
    if (quoted === undefined) continue;
    const specifier = quoted.slice(1, -1);
    const line = source.slice(0, match.index).split('\n').length;
    found.push({ specifier, line, ...bindingsOf(bindings) });
  }
  return found;
}

function bindingsOf(text: string | undefined): { typesOnly: boolean; names: string[] } {
  if (text === undefined) return { typesOnly: false, names: [] };
  const names = (/\{([^}]*)\}/.exec(text)?.[1] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const before = text.split('{')[0]?.trim() ?? '';
  const allInlineTypes = before === '' && names.length > 0 && names.every((name) => name.startsWith('type '));
  return {
    typesOnly: /^type\b/.test(before) || allInlineTypes,
    names: names.map((name) => name.replace(/^type\s+/, '').replace(/\s+as\s.*$/, '')),
  };
}
