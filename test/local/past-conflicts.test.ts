import { expect, it } from '@jest/globals';
import { pastConflicts } from '../../lib/local/demo/past-conflicts.ts';

const failure = (name: string) => Object.assign(new Error('No.'), { name });

it('runs a write again until no transaction holds its row', async () => {
  const answers = [failure('TransactionConflictException'), failure('TransactionConflictException'), 'done'];
  const write = async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  expect(await pastConflicts(write)).toBe('done');
  expect(answers).toEqual([]);
});

it('passes on every other failure at once', async () => {
  let writes = 0;
  const write = async () => {
    writes += 1;
    throw failure('ConditionalCheckFailedException');
  };
  await expect(pastConflicts(write)).rejects.toThrow('No.');
  expect(writes).toBe(1);
});
