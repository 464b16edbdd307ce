import { createAnswerModel } from './detectors/answer-model.ts';
import { createAttackModel } from './detectors/attack-model.ts';
import { createHarmModel } from './detectors/harm-model.ts';
import { address } from './detectors/address.ts';
import { bnIdentity, khIdentity, laIdentity } from './detectors/asean-label-ids.ts';
import { bankAccount } from './detectors/jp-bank-account.ts';
import { credentials } from './detectors/credentials.ts';
import { dateOfBirth } from './detectors/date-of-birth.ts';
import { email } from './detectors/email.ts';
import { exfiltration, exfiltrationBeyond } from './detectors/exfiltration.ts';
import { iban } from './detectors/iban.ts';
import { idNik } from './detectors/id-nik.ts';
import { idNpwp } from './detectors/id-npwp.ts';
import { jpCorporateNumber, jpInvoiceNumber } from './detectors/jp-corporate-number.ts';
import { jpDriverLicence } from './detectors/jp-driver-licence.ts';
import { jpInsured } from './detectors/jp-insured.ts';
import { jpInsurerNumber } from './detectors/jp-insurer-number.ts';
import { jpMyNumber } from './detectors/jp-my-number.ts';
import { jpPassportNumber, passportMrz } from './detectors/passport.ts';
import { jpPensionNumber } from './detectors/jp-pension-number.ts';
import { jpResidenceCard } from './detectors/jp-residence-card.ts';
import { jpResidentCode } from './detectors/jp-resident-code.ts';
import { mmNrc } from './detectors/mm-nrc.ts';
import { myMykad } from './detectors/my-mykad.ts';
import { networkAddress } from './detectors/network-address.ts';
import { paymentCard } from './detectors/payment-card.ts';
import { personName } from './detectors/person-name.ts';
import { phPhilsys, phTin } from './detectors/ph-identifiers.ts';
import { phone } from './detectors/phone.ts';
import { promptInjection } from './detectors/prompt-injection.ts';
import { promptLeak } from './detectors/prompt-leak.ts';
import { sgNric, sgUen } from './detectors/sg-nric.ts';
import { thPin } from './detectors/th-pin.ts';
import { vnCccd, vnCmnd, vnMst } from './detectors/vn-identifiers.ts';
import { declaredDetector } from './detectors/declared.ts';
import type { Detector } from './finding.ts';
import type { PolicyDocument } from '#policy';

/** Every detector we ship. Between equals of one contest the earlier one is believed. */
export const allDetectors: readonly Detector[] = [
  jpMyNumber,
  jpDriverLicence,
  jpResidentCode,
  jpPensionNumber,
  jpInsurerNumber,
  jpInsured,
  jpResidenceCard,
  jpPassportNumber,
  passportMrz,
  bankAccount,
  iban,
  jpCorporateNumber,
  jpInvoiceNumber,
  sgNric,
  sgUen,
  thPin,
  idNik,
  idNpwp,
  myMykad,
  phPhilsys,
  phTin,
  vnCccd,
  vnCmnd,
  vnMst,
  mmNrc,
  khIdentity,
  laIdentity,
  bnIdentity,
  paymentCard,
  phone,
  email,
  dateOfBirth,
  personName,
  address,
  networkAddress,
  credentials,
  promptInjection,
  promptLeak(),
  exfiltration,
  createAttackModel(),
  createHarmModel(),
  createAnswerModel(),
];

/**
 * Ours, as a rule book sets them, and those of the numbers it describes: canaries to look for, and
 * hosts that may be linked to.
 */
export function detectorsOf({
  identifiers = [],
  canaries,
  links,
}: Partial<Pick<PolicyDocument, 'identifiers' | 'canaries' | 'links'>>): readonly Detector[] {
  const set = [promptLeak(canaries?.texts ?? []), exfiltrationBeyond(links?.hosts ?? [])];
  const own = new Map(set.map((detector) => [detector.id, detector]));
  return [
    ...allDetectors.map((detector) => own.get(detector.id) ?? detector),
    ...identifiers.map(declaredDetector),
  ];
}
