/**
 * The calls with which CloudFormation creates, reads, changes and deletes each type of resource in the templates, and
 * their resources. Taken from the handlers in CloudFormation's own resource schemas, for the properties that the
 * templates use.
 * Source: https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
 */
import type { ResourceActionsByType } from './resource-action.ts';
import { computeResources } from './resource-actions-compute.ts';
import { dataResources } from './resource-actions-data.ts';
import { functionResources } from './resource-actions-functions.ts';
import { imageResources } from './resource-actions-images.ts';

/** In parts that each fit into one managed policy. */
export const resourceActions: Readonly<Record<string, ResourceActionsByType>> = {
  network: computeResources,
  data: dataResources,
  functions: functionResources,
  images: imageResources,
};
