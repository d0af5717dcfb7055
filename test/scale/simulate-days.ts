/** Prints what each of the days on standard input came to, as JSON: a process of its own, with room for its garbage. */
import { readFileSync } from 'node:fs';
import type { DayReport } from './day-report.ts';
import { type Day, simulateDay } from './simulate-day.ts';

const reports: DayReport[] = [];
for (const day of JSON.parse(readFileSync(0, 'utf8')) as Day[]) reports.push(await simulateDay(day));
process.stdout.write(JSON.stringify(reports));
