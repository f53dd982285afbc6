/** Exact dollars: money is a decimal string on the wire and a whole number of pico-dollars here. */
const PLACES = 12;
const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** Read a decimal string. What lies beyond a millionth of a millionth of a dollar is cut. */
export function pico(text) {
    const match = SHAPE.exec(text.trim());
    if (!match || !(match[2] || match[3])) {
        throw new Error(`not a decimal: ${JSON.stringify(text)}`);
    }
    const [, sign, whole = '', fraction = '', exponent = '0'] = match;
    const shift = PLACES - fraction.length + Number(exponent);
    const digits = BigInt(whole + fraction || '0');
    const size = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
    return sign === '-' ? -size : size;
}
export const ONE_DOLLAR = 10n ** BigInt(PLACES);
/** Add what has a price. */
export function sum(values) {
    let total = 0n;
    for (const value of values) {
        total += value === null ? 0n : pico(value);
    }
    return total;
}
/** Write pico-dollars with so many decimals, half rounded up, thousands marked. */
export function fixed(amount, decimals) {
    const step = 10n ** BigInt(PLACES - decimals);
    const size = amount < 0n ? -amount : amount;
    const rounded = (size + step / 2n) / step;
    const digits = rounded.toString().padStart(decimals + 1, '0');
    const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
    return decimals > 0 ? `${whole}.${digits.slice(-decimals)}` : whole;
}
/** Only for drawing: the share of a whole as a number. */
export function share(part, whole) {
    return whole > 0n ? Number((part * 1000000n) / whole) / 1_000_000 : 0;
}
/** The exact text back, for tooltips and CSV. */
export function exact(amount) {
    const text = fixed(amount, PLACES).replace(/,/g, '').replace(/0+$/, '').replace(/\.$/, '');
    return amount < 0n ? `-${text}` : text;
}
