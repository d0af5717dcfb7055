/** The commands about admission controllers, in the order in which an operator meets them. */
import type { Command } from '../command.ts';
import { controllersCreate } from './create.ts';
import { controllersDecisions } from './decisions.ts';
import { controllersDelete } from './delete.ts';
import { controllersGet } from './get.ts';
import { controllersList } from './list.ts';
import { controllersReplay } from './replay.ts';
import { scopeCreate, scopeDelete, scopeList } from './scope.ts';
import { secretList, secretRotate } from './secret.ts';
import { controllersTest } from './test.ts';
import { tokenCreate, tokenList, tokenRevoke, tokenRotate } from './token.ts';
import { controllersUpdate } from './update.ts';

export const controllersCommands: readonly Command[] = [
  controllersList,
  controllersCreate,
  controllersGet,
  controllersUpdate,
  controllersDelete,
  scopeList,
  scopeCreate,
  scopeDelete,
  tokenList,
  tokenCreate,
  tokenRotate,
  tokenRevoke,
  secretList,
  secretRotate,
  controllersTest,
  controllersReplay,
  controllersDecisions,
];
