/**
 * The account's own parameters that hold tiers' images. EC2 reads them when a launch template is created, and accepts
 * only the data type `aws:ec2:image`: a deploy with any other one fails. Read-only.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-ec2-aliases.html
 */
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { ownImageParameters } from '../config/image-parameters.ts';
import { awsOptions } from './aws-clients.ts';
import { usageErrorUnlessFault } from './aws-faults.ts';
import type { CommandCall } from './command.ts';

const imageType = 'aws:ec2:image';

/** A line for each parameter that is missing or holds no image. If no tier names one, nothing is read. */
export async function judgeImageParameters(
  call: Pick<CommandCall, 'config' | 'environment'>,
): Promise<string[]> {
  const names = ownImageParameters(call.config);
  if (names.length === 0) return [];
  // Ten names fit into one call, and a configuration may have at most ten.
  const { Parameters = [] } = await new SSMClient(awsOptions(call))
    .send(new GetParametersCommand({ Names: names }))
    .catch((cause: Error) => {
      throw usageErrorUnlessFault(cause, `The parameters of images cannot be read: ${cause.message}`);
    });
  const types = new Map(Parameters.map(({ Name, DataType }) => [Name, DataType]));
  return names.flatMap((name) => {
    const type = types.get(name);
    if (type === imageType) return [];
    const make = `aws ssm put-parameter --name ${name} --type String --data-type ${imageType} --value ami-…`;
    return type === undefined && !types.has(name)
      ? [`There is no parameter ${name}. Create it before you deploy: ${make}`]
      : [
          `The parameter ${name} has the data type ${type}; EC2 accepts only ${imageType}. Delete it, then: ${make}`,
        ];
  });
}
