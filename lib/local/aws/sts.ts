/** STS: only GetCallerIdentity, which needs no permission on AWS either. */
import { AwsError, type AwsService } from './service.ts';
import { element, escapeXml } from './xml.ts';

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

export function createStsService(): AwsService {
  return {
    service: 'sts',
    questions: () => [],
    async handle({ action, accountId, caller }) {
      if (action !== 'GetCallerIdentity') {
        throw new AwsError(
          'UnknownOperationException',
          `The laptop's STS has no ${action}; it has GetCallerIdentity.`,
        );
      }
      const identity =
        element('Arn', escapeXml(caller.arn)) +
        element('UserId', escapeXml(caller.name)) +
        element('Account', accountId);
      const body = element('GetCallerIdentityResult', identity);
      return {
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body: `<GetCallerIdentityResponse xmlns="${namespace}">${body}</GetCallerIdentityResponse>`,
      };
    },
  };
}
