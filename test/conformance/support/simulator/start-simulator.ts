/**
 * A program of its own: others' imitation of GitHub, which checks each request against GitHub's published schema and answers
 * with that schema's examples. It prints each request with the status of its answer.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is used of Express. */
interface Request {
  readonly method: string;
  readonly path: string;
}
interface Response {
  readonly statusCode: number;
  setHeader(name: string, value: string): void;
  on(event: 'finish', listener: () => void): void;
}
interface Router {
  use(handler: (request: Request, response: Response, next: () => void) => void): void;
}

const [packages = ''] = process.argv.slice(2);
const entry = join(packages, '@simulacrum', 'github-api-simulator', 'dist', 'index.mjs');
const { simulation } = await import(pathToFileURL(entry).href);
const print = (request: Request, response: Response, next: () => void) => {
  // It fails over the schema of some answers after it has sent them, and then breaks off the connection.
  response.setHeader('connection', 'close');
  response.on('finish', () =>
    process.stdout.write(`${request.method} ${request.path} ${response.statusCode}\n`),
  );
  next();
};
const simulator = simulation({ extend: { extendRouter: (router: Router) => router.use(print) } });
const { port } = await simulator.listen(0, '127.0.0.1');
process.stdout.write(`listening on http://127.0.0.1:${port}\n`);
