/**
 * The account's own parameters that tiers look their image up in. EC2 takes them when a launch template is made, and no
 * others than those of the data type `aws:ec2:image`: a deploy that names another one fails. It reads and changes nothing.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-ec2-aliases.html
 */
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { ownImageParameters } from '../config/image-parameters.ts';
import { awsOptions } from './aws-clients.ts';
import { usageErrorUnlessFault } from './aws-faults.ts';
import type { CommandCall } from './command.ts';

const imageType = 'aws:ec2:image';

/** A line for each that is missing, or that holds no image. No tier names one: nothing is asked. */
export async function judgeImageParameters(
  call: Pick<CommandCall, 'config' | 'environment'>,
): Promise<string[]> {
  const names = ownImageParameters(call.config);
  if (names.length === 0) return [];
  // Ten names are what one call takes, and what a configuration may have.
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
