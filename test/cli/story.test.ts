import { expect, test } from 'vitest';
import { lostwrite, scratch } from './lostwrite.ts';

test('the story comes out as told, in lines for a mail', () => {
  const { code, stdout } = lostwrite('linux', scratch(), 'story');
  expect(stdout).not.toContain('UNEXPECTED');
  expect(code).toBe(0);
  expect(stdout.match(/PROVED/g)).toHaveLength(2);
  expect(stdout).toMatch(/^LOST WRITE: /m);
  expect(stdout).toMatch(/^UNSTABLE WRITEBACK: /m);
  for (const line of stdout.split('\n')) expect(line).toMatch(/^[ -~]{0,99}$/);
});
