/**
 * A configuration line as it is shown below a message: without its indent, at most 80 characters wide around the place
 * in question, with a caret below. In the form in which HAProxy shows its own.
 */

export interface Excerpt {
  readonly text: string;
  /** 0-based place of the caret in `text`. */
  readonly caret: number;
}

const width = 80;
const shiftedContext = 37;

/**
 * `offset`: 0-based, in the raw line, of what the message is about. What is not ASCII is shown as a question mark, as
 * HAProxy shows it, unless `decoded` text is given.
 */
export function excerptOf(raw: string, offset: number, decoded = false): Excerpt {
  const indent = raw.length - raw.trimStart().length;
  const line = raw.slice(indent).replace(/[\r\n]+$/, '');
  const at = Math.max(0, Math.min(offset - indent, line.length));
  const show = decoded ? withoutControls : printable;
  if (at < width) return { text: show(line.slice(0, width)), caret: at };
  const from = at - shiftedContext;
  return { text: `...${show(line.slice(from, from + width - 6))}...`, caret: shiftedContext + 3 };
}

function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

function printable(text: string): string {
  return text.replace(/[\t-\r]/g, ' ').replace(/[^ -~]/g, '?');
}
