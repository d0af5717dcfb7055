/** The rules for custom images, which EC2 Image Builder builds. Left out: machines start from the stock image. */
import type { MayflyConfig } from './config.ts';
import { expectKnownKeys, expectWhole, isRecord, shown } from './faults.ts';

export interface CheckedImages {
  /** How many images of each architecture are kept, whatever their age. */
  readonly keep: number;
}

const usualCount = 3;

export function imageFaults({ machineImages, network }: MayflyConfig): string[] {
  if (machineImages === undefined) return [];
  if (!isRecord(machineImages)) {
    return [
      `machineImages is ${shown(machineImages)}; it must be an object such as { keep: 3 }, or left out.`,
    ];
  }
  const isClosed = isRecord(network) && 'vpcId' in network && network['s3EndpointId'] === undefined;
  return [
    ...expectKnownKeys('machineImages', machineImages, ['keep']),
    ...expectWhole('machineImages.keep', machineImages.keep ?? usualCount, { from: 2, to: 100 }),
    ...(isClosed
      ? [
          'machineImages needs network.s3EndpointId: the machines that build images read the runner program ' +
            'through it.',
        ]
      : []),
  ];
}

export const checkedImages = ({ machineImages }: MayflyConfig): CheckedImages | undefined =>
  machineImages && { keep: machineImages.keep ?? usualCount };
