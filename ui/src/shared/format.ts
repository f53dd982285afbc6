/** How numbers read everywhere. `coreskills_widgets/format.py` is the twin; `format.cases.json` tests both. */

import { fixed, ONE_DOLLAR, pico, type Money } from './decimal';

export const UNKNOWN = 'price unknown';
const SMALLEST = ONE_DOLLAR / 1_000_000n;

export function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`;
}

export function money(usd: Money | bigint): string {
  if (usd === null) {
    return UNKNOWN;
  }
  const amount = typeof usd === 'bigint' ? usd : pico(usd);
  return isTiny(usd, amount) ? '< $0.000001' : dollars(amount, decimalsOf(amount));
}

export function moneySpoken(usd: Money | bigint): string {
  if (usd === null) {
    return UNKNOWN;
  }
  const amount = typeof usd === 'bigint' ? usd : pico(usd);
  if (isTiny(usd, amount)) {
    return 'less than 0.0001 cents';
  }
  const size = amount < 0n ? -amount : amount;
  const sign = amount < 0n ? 'minus ' : '';
  const decimals = decimalsOf(amount);
  const rounded = pico(fixed(size, decimals).replace(/,/g, ''));
  if (rounded >= ONE_DOLLAR) {
    return `${sign}${fixed(rounded, 2)} dollars`;
  }
  const cents = stripZeros(fixed(rounded * 100n, Math.max(decimals - 2, 0)));
  return `${sign}${cents} ${cents === '1' ? 'cent' : 'cents'}`;
}

/** One column: all rows have equal decimals, zeros filled in. */
export function moneyColumn(values: readonly Money[]): string[] {
  const decimals = Math.max(2, ...values.map(value => (value === null ? 2 : columnDecimals(value))));
  return values.map(value => {
    if (value === null) {
      return UNKNOWN;
    }
    const amount = pico(value);
    return isTiny(value, amount) ? money(value) : dollars(amount, decimals);
  });
}

export interface ITotal {
  priced_usd: string;
  n_unpriced?: number;
  n_estimated?: number;
  n_calls?: number;
}

export function moneyTotal({ priced_usd, n_unpriced = 0, n_estimated = 0, n_calls = -1 }: ITotal): string {
  if (n_unpriced > 0 && n_unpriced === n_calls) {
    return UNKNOWN;
  }
  const text = money(priced_usd);
  if (n_unpriced > 0) {
    return `at least ${text} (${n_unpriced} ${plural(n_unpriced, 'call')} without a price)`;
  }
  return n_estimated > 0 ? `~${text} (estimated)` : text;
}

export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

export function tokens(value: number): string {
  if (value < 10_000) {
    return count(value);
  }
  for (const [unit, name] of [[1e3, 'k'], [1e6, 'M'], [1e9, 'B']] as const) {
    const decimals = value < 10 * unit ? 2 : value < 100 * unit ? 1 : 0;
    const size = value / unit;
    if (Number(size.toFixed(decimals)) < 1000 || name === 'B') {
      return `${size.toFixed(decimals)}${name}`;
    }
  }
  return count(value);
}

export function duration(ms: number | null): string {
  const clocked = ms === null ? null : clock_(ms);
  return clocked === null ? 'no time' : clocked.unit === 'ms' || clocked.unit === 's' ? `${clocked.text} ${clocked.unit}` : clocked.text;
}

export function durationSpoken(ms: number | null): string {
  if (ms === null) {
    return 'no time';
  }
  const { text, unit } = clock_(ms);
  if (unit === 'min' || unit === 'h') {
    const [first, , second] = text.split(' ').map(Number) as [number, number, number];
    const [big, small] = unit === 'min' ? ['minute', 'second'] : ['hour', 'minute'];
    return `${first} ${plural(first, big)} ${second} ${plural(second, small)}`;
  }
  const name = unit === 'ms' ? 'millisecond' : 'second';
  const said = text.replace('< ', 'less than ');
  return `${said} ${said === '1' || said.endsWith(' 1') ? name : `${name}s`}`;
}

export function percent(part: Money, whole: Money): number {
  const size = pico(whole ?? '0');
  const [top, bottom] = [pico(part ?? '0') * 100n, size];
  return size > 0n ? Number((top - (((top % bottom) + bottom) % bottom)) / bottom) : 100;
}

export function score(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return 'no score';
  }
  return value > 0 && value < 0.0005 ? '< 0.001' : value.toFixed(3);
}

/** `Fri 14 Nov, 23:59 (in 2 days)`; the reader's own zone unless told. */
export function date(utc: string, now: Date = new Date(), zone?: string): string {
  const then = new Date(utc);
  const part = (options: Intl.DateTimeFormatOptions, at: Date = then): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options }).format(at);
  const year = part({ year: 'numeric' }) === part({ year: 'numeric' }, now) ? '' : ` ${part({ year: 'numeric' })}`;
  const day = `${part({ weekday: 'short' })} ${part({ day: 'numeric' })} ${part({ month: 'short' }).slice(0, 3)}${year}`;
  return `${day}, ${clock(utc, zone)} (${distance((then.getTime() - now.getTime()) / 1000)})`;
}

export function clock(utc: string, zone?: string): string {
  const shape: Intl.DateTimeFormatOptions = { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  return new Intl.DateTimeFormat('en-GB', shape).format(new Date(utc));
}

export function badgeWords(sources: Readonly<Record<string, number>>): string {
  const present = ['offline', 'recorded', 'live'].filter(name => (sources[name] ?? 0) > 0);
  return present.length === 1 ? present[0]! : present.map(name => `${sources[name]} ${name}`).join(', ');
}

/** Control characters are shown, not obeyed; tabs and line ends stay. */
export function visible(text: string): string {
  // eslint-disable-next-line no-control-regex -- finding them is the point
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|(?!\u200d)\p{Cf}/gu, char => {
    const code = char.codePointAt(0)!;
    if (code < 0x20) {
      return String.fromCharCode(0x2400 + code);
    }
    return code === 0x7f ? '\u2421' : `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
}

function isTiny(usd: Money | bigint, amount: bigint): boolean {
  const isPositive = amount > 0n || (typeof usd === 'string' && amount === 0n && /[1-9]/.test(usd.split(/[eE]/)[0]!) && !usd.startsWith('-'));
  return isPositive && amount < SMALLEST;
}

function decimalsOf(amount: bigint): number {
  const size = amount < 0n ? -amount : amount;
  if (size === 0n || size >= ONE_DOLLAR) {
    return 2;
  }
  const leadingZeros = 12 - size.toString().length;
  const text = stripZeros(fixed(size, Math.min(leadingZeros + 3, 12)));
  return Math.max(2, (text.split('.')[1] ?? '').length);
}

function columnDecimals(value: string): number {
  const amount = pico(value);
  return isTiny(value, amount) ? 2 : decimalsOf(amount);
}

function dollars(amount: bigint, decimals: number): string {
  return `${amount < 0n ? '-' : ''}$${fixed(amount, decimals)}`;
}

function stripZeros(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

function clock_(ms: number): { text: string; unit: 'ms' | 's' | 'min' | 'h' } {
  if (ms > 0 && ms < 0.5) {
    return { text: '< 1', unit: 'ms' };
  }
  if (Math.round(ms) < 1000) {
    return { text: String(Math.round(ms)), unit: 'ms' };
  }
  for (const [decimals, below] of [[2, 10], [1, 60]] as const) {
    const text = (ms / 1000).toFixed(decimals);
    if (Number(text) < below) {
      return { text, unit: 's' };
    }
  }
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return { text: `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`, unit: 'min' };
  }
  return { text: `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`, unit: 'h' };
}

function distance(seconds: number): string {
  const size = Math.abs(seconds);
  for (const [unit, name] of [[86_400, 'day'], [3_600, 'hour'], [60, 'min']] as const) {
    if (size >= unit) {
      const number = Math.floor(size / unit);
      const words = `${number} ${name === 'min' ? name : plural(number, name)}`;
      return seconds > 0 ? `in ${words}` : `${words} ago`;
    }
  }
  return 'now';
}
