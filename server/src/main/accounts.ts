import { type Database, systemClock } from '#base';
import {
  Accounts,
  type Alongside,
  type ExchangeMeter,
  type KeyStore,
  RecentUse,
  type Tariff,
  UsageBook,
  UsageTable,
} from '#gateway';
import type { Ledger } from '#ledger';
import type { DeclaredUpstream, Policy } from '#policy';

const dayMs = 86_400_000;

/** What keys used and may still use, taken up where the last process left it. */
export async function openAccounts(
  state: Database,
  from: {
    ledger: Ledger;
    keys: KeyStore;
    tariff: () => Tariff;
    retention: () => Policy['document']['ledger']['retention'];
    path: string;
  },
): Promise<{
  accounts: Accounts;
  usage: UsageBook;
  usageTable: UsageTable;
  tariff: () => Tariff;
}> {
  const { ledger, keys, tariff } = from;
  const usageTable = new UsageTable(state);
  const forget = (): void => {
    const { identityMonths, opsMonths } = from.retention();
    usageTable.forget({ keysBefore: monthsAgo(identityMonths), allBefore: monthsAgo(opsMonths) });
  };
  forget();
  setInterval(forget, dayMs).unref();
  const usage = new UsageBook({
    table: usageTable,
    clock: systemClock,
    calendar: () => tariff().calendar,
    currency: () => tariff().prices.currency,
    origin: ledger.origin,
    path: from.path,
  });
  await usage.open(ledger, (id) => keys.get(id)?.terms.project ?? '');
  const recent = new RecentUse(systemClock);
  await recent.read(ledger);
  const accounts = new Accounts({ usage, recent, tariff, clock: systemClock });
  return { accounts, usage, usageTable, tariff };
}

/** What a shadow used, to the institution's account and among the metrics. */
export function chargeShadow(
  { institution }: Accounts,
  meter: ExchangeMeter,
  { declared, usage }: { readonly declared: DeclaredUpstream; readonly usage: Alongside['usage'] },
): Alongside['usage'] {
  const call = institution.priced(declared, 'shadow', usage);
  institution.charge(call);
  meter.alongside(call);
  return call.usage;
}

function monthsAgo(months: number): string {
  const date = new Date(systemClock.nowMs());
  date.setUTCMonth(date.getUTCMonth() - months);
  return date.toISOString().slice(0, 10);
}
