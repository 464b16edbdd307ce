import { vocabulary } from '../context.ts';
import type { Detector } from '../finding.ts';
import { numberDetector } from '../number.ts';

/** Cambodia, Laos and Brunei publish no check rule: by their labels only. */
export const khIdentity: Detector = numberDetector({
  id: 'kh-identity',
  version: 1,
  kind: 'personal.kh_id',
  title: { en: 'Identity card (Cambodia)', ja: 'カンボジアの身分証番号' },
  labels: vocabulary(
    'អត្តសញ្ញាណប័ណ្ណ',
    'អត្តសញ្ញាណ',
    'khmer id',
    'khmer identity',
    'cambodian id',
    'cambodia id',
    'cambodian identity',
    'カンボジアの身分証',
    'カンボジア身分証',
  ),
  lengths: [9, 10],
  shapes: ['3-3-3', '9-1'],
  proof: 'none',
  alone: 0,
});

export const laIdentity: Detector = numberDetector({
  id: 'la-identity',
  version: 1,
  kind: 'personal.la_id',
  title: { en: 'Identity card (Laos)', ja: 'ラオスの身分証番号' },
  labels: vocabulary(
    'ບັດປະຈຳຕົວ',
    'ບັດປະຈໍາຕົວ',
    'lao id',
    'laos id',
    'lao identity',
    'ラオスの身分証',
    'ラオス身分証',
  ),
  lengths: [7, 8, 9, 10, 11, 12, 13],
  shapes: ['2-8', '2-6', '3-7'],
  proof: 'none',
  alone: 0,
});

export const bnIdentity: Detector = numberDetector({
  id: 'bn-identity',
  version: 1,
  kind: 'personal.bn_ic',
  title: { en: 'Identity card (Brunei)', ja: 'ブルネイの身分証番号' },
  labels: vocabulary(
    'brunei ic',
    'bruic',
    'brunei identity',
    'brunei id',
    'kad pengenalan brunei',
    'kad pengenalan pintar',
    'smart identity card',
    'ブルネイの身分証',
    'ブルネイ身分証',
  ),
  lengths: [8],
  shapes: ['2-6'],
  proof: 'none',
  alone: 0,
});
