/** A prompt in words, which raters can mark. */

/*
 * As annotation/protocol/marks.py divides a prompt; Python's white space is not JavaScript's.
 * A Chinese character is a word by itself.
 */
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const HAN = "\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
const WORD = new RegExp(`[${HAN}]|[^${SPACE}${HAN}]+`, "gu");

/**
 * The words of a prompt and, between them, what separates them; together they are the prompt.
 * @param {string} prompt
 * @returns {{text: string, word: boolean}[]}
 */
export function piecesOf(prompt) {
  const pieces = [];
  let end = 0;
  for (const { 0: text, index } of prompt.matchAll(WORD)) {
    pieces.push({ text: prompt.slice(end, index), word: false }, { text, word: true });
    end = index + text.length;
  }
  pieces.push({ text: prompt.slice(end), word: false });
  return pieces.filter(({ text }) => text);
}
