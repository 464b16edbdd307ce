import { bankAccount } from './detectors/jp-bank-account.ts';
import { credentials } from './detectors/credentials.ts';
import { dateOfBirth } from './detectors/date-of-birth.ts';
import { email } from './detectors/email.ts';
import { exfiltration, exfiltrationBeyond } from './detectors/exfiltration.ts';
import { idNik } from './detectors/id-nik.ts';
import { idNpwp } from './detectors/id-npwp.ts';
import { jpCorporateNumber, jpInvoiceNumber } from './detectors/jp-corporate-number.ts';
import { jpDriverLicence } from './detectors/jp-driver-licence.ts';
import { jpInsurerNumber } from './detectors/jp-insurer-number.ts';
import { jpMyNumber } from './detectors/jp-my-number.ts';
import { jpPassportNumber, passportMrz } from './detectors/passport.ts';
import { jpPensionNumber } from './detectors/jp-pension-number.ts';
import { jpResidenceCard } from './detectors/jp-residence-card.ts';
import { jpResidentCode } from './detectors/jp-resident-code.ts';
import { mmNrc } from './detectors/mm-nrc.ts';
import { myMykad } from './detectors/my-mykad.ts';
import { paymentCard } from './detectors/payment-card.ts';
import { phPhilsys, phTin } from './detectors/ph-identifiers.ts';
import { phone } from './detectors/phone.ts';
import { promptInjection } from './detectors/prompt-injection.ts';
import { promptLeak } from './detectors/prompt-leak.ts';
import { sgNric, sgUen } from './detectors/sg-nric.ts';
import { thPin } from './detectors/th-pin.ts';
import { vnCccd, vnCmnd, vnMst } from './detectors/vn-identifiers.ts';
import type { Detector } from './finding.ts';

/** Every detector we ship. Between equals of one contest the earlier one is believed. */
export const allDetectors: readonly Detector[] = [
  jpMyNumber,
  jpDriverLicence,
  jpResidentCode,
  jpPensionNumber,
  jpInsurerNumber,
  jpResidenceCard,
  jpPassportNumber,
  passportMrz,
  bankAccount,
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
  paymentCard,
  phone,
  email,
  dateOfBirth,
  credentials,
  promptInjection,
  promptLeak(),
  exfiltration,
];

/** The same, as a rule book sets them: canaries to look for, and hosts that may be linked to. */
export function detectorsFor(
  of: { readonly canaries?: readonly string[]; readonly hosts?: readonly string[] } = {},
): readonly Detector[] {
  const { canaries = [], hosts = [] } = of;
  const own = new Map<string, Detector>();
  for (const detector of [promptLeak(canaries), exfiltrationBeyond(hosts)]) {
    own.set(detector.id, detector);
  }
  return allDetectors.map((detector) => own.get(detector.id) ?? detector);
}
