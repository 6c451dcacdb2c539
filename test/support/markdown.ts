/** A fenced block of a Markdown page: the words after the fence, and the lines within. */
export interface Fence {
  readonly info: string;
  readonly text: string;
}

/** All fenced blocks of a page, in order. */
export function fences(page: string): readonly Fence[] {
  return [...page.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, info = '', text = '']) => ({
    info: info.trim(),
    text,
  }));
}

/** A page with the text of its first block of this kind replaced. */
export function withFence(page: string, info: string, text: string): string {
  const start = page.indexOf(`\`\`\`${info}\n`) + info.length + 4;
  const end = page.indexOf('```', start);
  return page.slice(0, start) + text + page.slice(end);
}
