/** What machines promise, with the client of EC2 that bundles have instead of the SDK's. */
import * as sdk from '@aws-sdk/client-ec2';
import { expect, it, jest } from '@jest/globals';
import * as own from '../../lib/adapters/aws-json/ec2.ts';

const send = jest.spyOn(own.EC2Client.prototype, 'send');
jest.unstable_mockModule('@aws-sdk/client-ec2', () => ({ ...sdk, ...own }));
await import('./compute.test.ts');

it('was asked of that client', () => expect(send).toHaveBeenCalled());
